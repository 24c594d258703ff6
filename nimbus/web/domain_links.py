"""Links to what is wrong with a sending domain: the row of its page where what is expected stands beside what was found."""

from collections.abc import Iterable
from typing import NamedTuple

from flask import url_for

from nimbus.models import DomainHealth
from nimbus.rules.domain_pause import CHECKED_BY, PauseCode

_MOST = 3  # beside each other; the list of inboxes has them all


class PausedDomain(NamedTuple):
    """A domain that is paused, why, and where it is mended."""

    name: str
    reason: str
    url: str


def paused_url(domain: DomainHealth) -> str:
    """The page of a paused domain, at the check that its worst reason rests on."""
    check = CHECKED_BY.get(PauseCode(domain.pause_codes[0])) if domain.pause_codes else None
    return url_for("domains.show", domain=domain.name, _anchor=check and f"check-{check}")


def paused_links(domains: Iterable[DomainHealth]) -> list[PausedDomain]:
    """A few of these paused domains, each with its link."""
    return [
        PausedDomain(domain.name, domain.pause_reason or "", paused_url(domain))
        for domain in list(domains)[:_MOST]
    ]
