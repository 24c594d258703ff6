"""How many accounts are in each state: asked once a request, whoever needs it."""

from flask import g

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models.account_queries import Moment, count_by_status
from nimbus.rules.inbox_status import WORDS, StatusKey
from nimbus.web.access import CurrentWorkspace


def this_moment(workspace: CurrentWorkspace) -> Moment:
    """Now, and the day it is in the workspace's zone."""
    return Moment(now(), local_day(now(), workspace.timezone))


def status_counts(workspace: CurrentWorkspace) -> dict[StatusKey, int]:
    """Accounts by state; states without an account are left out."""
    if "status_counts" not in g:
        g.status_counts = count_by_status(db.session(), workspace.id, this_moment(workspace))
    counts: dict[StatusKey, int] = g.status_counts
    return counts


def worded_counts(workspace: CurrentWorkspace) -> list[tuple[str, str, int]]:
    """(key, word, count): all accounts first, under an empty key, then the states, worst first."""
    counts = status_counts(workspace)
    states = [(key.value, WORDS[key][0], counts[key]) for key in StatusKey if counts.get(key)]
    return [("", "All", sum(counts.values())), *states]
