"""The cooldowns of an inbox as its page shows them: the clock that runs, what it began with, and those before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import CooldownRow, EmailAccountHealth, InboxEvent
from nimbus.models.health_queries import heard_of, kept_sends, list_cooldowns
from nimbus.rules.cooldown_kinds import LADDERS, CooldownKind, WarmupMeanwhile
from nimbus.rules.cooldowns import why_not_end
from nimbus.rules.durations import in_words
from nimbus.rules.inbox_events import EventKind
from nimbus.services.cool_down import as_cooldown

_SHOWN = 12  # the running ones among them
HEARD = {
    EventKind.SENT: "Left",
    EventKind.SOFT: "Not taken for now",
    EventKind.PERMANENT: "Refused for good",
    EventKind.COMPLAINT: "Complaint",
    EventKind.PLACED_INBOX: "Found in the inbox",
    EventKind.PLACED_SPAM: "Found in spam",
    EventKind.CONNECTION: "Server not reached",
    EventKind.THROTTLE: "Asked to slow down",
    EventKind.BLOCK: "Refused for its reputation",
    EventKind.PROVIDER_LIMIT: "The provider said enough",
}
_MEANWHILE = {
    WarmupMeanwhile.GOES_ON: "campaigns and messages wait, warmup goes on",
    WarmupMeanwhile.HALVED: "campaigns and messages wait, warmup goes on at half",
    WarmupMeanwhile.STOPS: "all mail waits",
}


@dataclass(frozen=True, slots=True)
class EventView:
    """Something that a cooldown began with; with the message where that still has a page."""

    said: str
    at: datetime | None
    detail: str | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class CooldownView:
    """One cooldown. `left` is empty where no clock ends it; `ended` says how an earlier one did."""

    title: str
    said: str
    began_at: datetime
    until: datetime
    left: str
    seconds_left: int
    ladder: str
    meanwhile: str
    events: tuple[EventView, ...]
    why_not_end: str | None
    ended: str


@dataclass(frozen=True, slots=True)
class CooldownsView:
    """Those that run, and those that are over, the newest first."""

    running: tuple[CooldownView, ...]
    past: tuple[CooldownView, ...]

    @property
    def why_not_end(self) -> str | None:
        """Why none of them can be ended early: they end together, or not at all."""
        return next((each.why_not_end for each in self.running if each.why_not_end), None)


def cooldowns_of(account: EmailAccountHealth) -> CooldownsView:
    """The cooldowns of an account at this moment."""
    session, moment = db.session(), now()
    rows = list_cooldowns(session, account.workspace_id, account.id, _SHOWN)
    running = [row for row in rows if as_cooldown(row).runs(moment)]
    events = _events(account, [cause for row in running for cause in row.events])
    return CooldownsView(
        tuple(_view(row, moment, events) for row in running),
        tuple(_view(row, moment, {}) for row in rows if row not in running),
    )


def send_of(cause: str) -> int | None:
    """The message that a cause is about: `send:12`, or `send:12:3` for its third attempt."""
    kind, _, rest = cause.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == "send" and number.isdecimal() else None


def _view(row: CooldownRow, moment: datetime, events: dict[str, EventView]) -> CooldownView:
    cooldown, left = as_cooldown(row), row.until - moment
    title = f"After {cooldown.kind.in_words}"
    is_running = left > timedelta()
    return CooldownView(
        title=title,
        said="" if row.said == f"Cooldown {title.lower()}" else row.said,
        began_at=row.began_at,
        until=row.until,
        left=in_words(left) if is_running else "",
        seconds_left=max(0, int(left.total_seconds())),
        ladder=_ladder(cooldown.kind, row.step),
        meanwhile=_MEANWHILE[LADDERS[cooldown.kind].warmup] if cooldown.kind in LADDERS else "all mail waits",
        events=tuple(events[cause] for cause in row.events if cause in events),
        why_not_end=why_not_end(cooldown),
        ended=f"ended early by {row.ended_by}" if row.ended_at else "ended by itself",
    )


def _ladder(kind: CooldownKind, step: int) -> str:
    ladder = LADDERS.get(kind)
    if ladder is None:
        return "chosen by a person, so no ladder counts it"
    following = in_words(ladder.duration(step))
    return f"step {step} within 30 days; another one would last {following}"


def _events(account: EmailAccountHealth, causes: Sequence[str]) -> dict[str, EventView]:
    if not causes:
        return {}
    session, workspace_id = db.session(), account.workspace_id
    ids = {cause: send_of(cause) for cause in causes}
    sends = [number for number in ids.values() if number is not None]
    heard = heard_of(session, workspace_id, account.id, sends=sends, causes=causes)
    kept = kept_sends(session, workspace_id, sends)
    views = {}
    for cause, number in ids.items():
        about = _told(heard, cause, number)
        said = HEARD[EventKind(about.kind)] if about else "A message"
        at, detail = (about.heard_at, about.detail) if about else (None, None)
        views[cause] = EventView(said, at, detail, number if number in kept else None)
    return views


def _told(heard: Iterable[InboxEvent], cause: str, number: int | None) -> InboxEvent | None:
    """What was heard under a cause, else the last that was heard of its message."""
    exactly = [each for each in heard if each.cause == cause]
    of_message = [each for each in heard if number is not None and each.send_id == number]
    return next(reversed(exactly or of_message), None)
