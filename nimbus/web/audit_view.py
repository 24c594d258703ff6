"""Lines of the audit log as the page and the file show them: plain words, whatever the names contain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from flask import url_for

from nimbus.clock import local_day
from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.models.audit_queries import still_there
from nimbus.rules.audit import WORDS, plain, worded_details
from nimbus.web.access import CurrentWorkspace

COLUMNS = ("When (UTC)", "Who", "Who (id)", "What", "Kind", "To what (id)", "To what", "Details", "From")
ITSELF = "NimbusOS"
_WORDS = {str(action): words for action, words in WORDS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `object_url` leads to what it names while that still exists."""

    at: datetime
    who: str
    did: str
    object_name: str
    object_url: str | None
    details: tuple[str, ...]
    address: str


def by_day(events: Sequence[AuditEvent], workspace: CurrentWorkspace) -> list[tuple[date, list[Line]]]:
    """The lines under the days of the workspace's zone that they belong to."""
    there = still_there(db.session(), workspace.id, map(_key, events))
    days = groupby(events, lambda event: local_day(event.at, workspace.timezone))
    return [(day, [_line(event, there) for event in lines]) for day, lines in days]


def columns(event: AuditEvent) -> Iterable[str]:
    """What the file says of a line, in the order of COLUMNS."""
    return (
        event.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        plain(event.actor or ITSELF),
        str(event.user_id or ""),
        event.action,
        event.object_kind or "",
        plain(event.object_id or ""),
        plain(event.object_name or ""),
        "; ".join(worded_details(event.details)),
        plain(event.address or ""),
    )


def _line(event: AuditEvent, there: set[tuple[str, str]]) -> Line:
    return Line(
        at=event.at,
        who=plain(event.actor or ITSELF),
        did=_WORDS.get(event.action, event.action),
        object_name=plain(event.object_name or ""),
        object_url=_url(event) if _key(event) in there else None,
        details=tuple(worded_details(event.details)),
        address=plain(event.address or ""),
    )


def _key(event: AuditEvent) -> tuple[str, str]:
    return event.object_kind or "", event.object_id or ""


def _url(event: AuditEvent) -> str:
    if event.object_kind == "email_account":
        return url_for("email_accounts.show", account_id=int(event.object_id or 0))
    if event.object_kind == "campaign":
        return url_for("campaign_page.show", campaign_id=int(event.object_id or 0))
    if event.object_kind == "domain":
        return url_for("domains.show", domain=event.object_name)
    return url_for("team.index" if event.object_kind == "member" else "workspace_settings.show")
