"""The first page: what runs, what comes next, and how the inboxes are."""

from dataclasses import dataclass

from flask import Blueprint, Response, url_for

from nimbus.extensions import db
from nimbus.models.campaign_counts import count_throttled
from nimbus.models.send_queries import count_doubtful
from nimbus.services.check import Check
from nimbus.services.checklist import run_checks
from nimbus.web.access import signed_in
from nimbus.web.counts import worded_counts
from nimbus.web.partials import show as show_page

blueprint = Blueprint("home", __name__)

_ACTIONS = {"connect": ("Connect Account", "connect.new")}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist with where its action leads."""

    check: Check

    @property
    def action_label(self) -> str | None:
        return _ACTIONS[self.check.action][0] if self.check.action else None

    @property
    def action_url(self) -> str | None:
        return url_for(_ACTIONS[self.check.action][1]) if self.check.action else None

    def __getattr__(self, name: str) -> object:
        return getattr(self.check, name)


@dataclass(frozen=True, slots=True)
class Checklist:
    """The lines and how many of them are done."""

    items: list[Item]

    @property
    def done(self) -> int:
        return sum(item.check.state == "ok" for item in self.items)

    @property
    def total(self) -> int:
        return len(self.items)


@blueprint.get("/")
def show() -> Response:
    workspace = signed_in().workspace
    counts = worded_counts(workspace)
    accounts = counts[0][2]
    doubts = count_doubtful(db.session(), [workspace.id])
    throttled = count_throttled(db.session(), workspace.id)
    db.session.commit()  # the checks may wait a second for the queue; no connection is held for that
    checklist = Checklist([Item(check) for check in run_checks(accounts)])
    return show_page(
        "home/show.html",
        "home/_checklist.html",
        checklist=checklist,
        counts=counts if accounts else [],
        doubts=doubts,
        throttled=throttled,
    )
