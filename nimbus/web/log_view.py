"""The log of an inbox as its pages show it: decisions with what was behind them, and what was heard of its mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from nimbus.extensions import db
from nimbus.models import EventTone, HealthEvent, InboxEvent
from nimbus.models.event_queries import EventFilter, list_events
from nimbus.models.health_queries import kept_sends, list_heard
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.outcomes import Stream
from nimbus.rules.rates import Basis
from nimbus.web.cooldown_view import HEARD, send_of
from nimbus.web.rate_view import BASES

BRIEFLY = 8  # lines on the account's own page


class Tab(StrEnum):
    """What of the log is shown."""

    ALL = "all"
    DECISIONS = "decisions"
    ERRORS = "errors"
    MAIL = "mail"


TAB_WORDS = {
    Tab.ALL: "All",
    Tab.DECISIONS: "Decisions",
    Tab.ERRORS: "Errors",
    Tab.MAIL: "Mail",
}
EMPTY = {
    Tab.ALL: "Nothing yet. Every change to this inbox is written here, with its reason.",
    Tab.DECISIONS: "Nothing has been decided yet. A change of score, stage, limit, hold or cooldown is written here.",
    Tab.ERRORS: "Nothing has gone wrong.",
    Tab.MAIL: "Nothing has been heard of its mail yet: what left, what was refused, and complaints.",
}
_FILTERS = {Tab.ALL: EventFilter.ALL, Tab.DECISIONS: EventFilter.DECISIONS, Tab.ERRORS: EventFilter.ERRORS}
_TONES = {EventKind.PERMANENT: "bad", EventKind.COMPLAINT: "bad", EventKind.BLOCK: "bad"}
_STREAMS = {Stream.PRODUCTION: "", Stream.WARMUP: " (warmup)"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: what happened, by whom or about which message, and what was behind it, as names and values."""

    at: datetime
    sentence: str
    tone: str
    actor: str | None = None
    message_id: int | None = None
    behind: tuple[tuple[str, str], ...] = field(default=())


def log_of(
    workspace_id: int, account_id: int, tab: Tab, *, before: int | None, most: int | None = None
) -> tuple[list[LogLine], int | None]:
    """A page of the log, and the id to ask for what is older."""
    session = db.session()
    if tab is Tab.MAIL:
        heard, older = list_heard(session, workspace_id, account_id, before=before)
        kept = kept_sends(session, workspace_id, [each.send_id for each in heard if each.send_id is not None])
        return [_of_mail(each, kept) for each in heard], older
    wanted = _FILTERS[tab]
    events, older = list_events(session, workspace_id, account_id, before=before, wanted=wanted, most=most)
    return [_of_event(event) for event in events], older


def _of_event(event: HealthEvent) -> LogLine:
    tone = event.tone if event.tone in {EventTone.BAD, EventTone.WARN} else ""
    return LogLine(event.at, event.sentence, tone, event.actor, behind=tuple(_behind(event)))


def _behind(event: HealthEvent) -> Sequence[tuple[str, str]]:
    if event.after is None:
        return ()
    after = CooldownKind(event.after).in_words if event.kind == "cooldown" else event.after
    named = (("Before", event.before or "–"), ("After", after), ("Cause", _cause(event.cause or "")))
    counted = _counted(event.counters or {})
    return [(name, value) for name, value in (*named, ("Counted", counted)) if value]


def _cause(cause: str) -> str:
    """A cause as a person reads it; that of a person's own decision is its actor, who is named already."""
    number = send_of(cause)
    if number is not None:
        return f"message {number}"
    return "" if cause.startswith("person:") else cause


def _counted(counters: dict[str, Any]) -> str:
    """The numbers of a decision in words, in the order in which they were kept."""
    said = []
    for name, value in counters.items():
        if isinstance(value, list):
            said.append(f"{name} {value[0]} of {value[1]}")
        elif name == "basis":
            said.append(f"of {BASES[Basis(value)]}")
        elif name == "until":
            said.append(f"until {datetime.fromisoformat(value).astimezone(UTC):%-d %b, %H:%M} UTC")
        else:
            said.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(said)


def _of_mail(heard: InboxEvent, kept: set[int]) -> LogLine:
    kind = EventKind(heard.kind)
    of_stream = _STREAMS[Stream(heard.stream)] if heard.stream else " (test)"
    said = f"{HEARD[kind]}{of_stream}"
    detail = (("Said", heard.detail),) if heard.detail else ()
    message_id = heard.send_id if heard.send_id in kept else None
    return LogLine(heard.heard_at, said, _TONES.get(kind, ""), message_id=message_id, behind=detail)
