"""One word, one reason, one action for an inbox (`ui.md` 4.1). The first matching line wins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nimbus.rules.campaign_types import DEFAULT_FLOOR, Restriction
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.durations import clock_time, day_and_month, in_words
from nimbus.rules.health_hold import HoldState
from nimbus.rules.providers import ConnectionState


class StatusKey(StrEnum):
    """The states an inbox can be in, worst first: this is the order of every list."""

    NEEDS_ATTENTION = "needs_attention"
    DOMAIN_PAUSED = "domain_paused"
    SERVER_LISTED = "server_listed"
    OUT_OF_ROTATION = "out_of_rotation"
    COOLDOWN = "cooldown"
    WARMUP_PAUSED = "warmup_paused"
    REPLIES_NOT_SYNCING = "replies_not_syncing"
    DONE_FOR_TODAY = "done_for_today"
    WARMING = "warming"
    NURTURE_ONLY = "nurture_only"
    READY = "ready"


class Action(StrEnum):
    """What a person can do about it; the page knows the address of each."""

    RECONNECT = "reconnect"
    PUT_BACK = "put_back"
    OPEN = "open"
    SEE_CAUSE = "see_cause"
    CHOOSE_FOLDER = "choose_folder"
    OPEN_DOMAIN = "open_domain"


@dataclass(frozen=True, slots=True)
class InboxFacts:
    """What the status is read from. `sent_today` includes what is reserved; times are aware.

    `todays_limit` is what the daily limit leaves of itself today.
    """

    now: datetime
    timezone: str
    connection_state: ConnectionState
    sending_problem: str | None
    replies_problem: str | None
    domain_name: str
    domain_pause_reason: str | None
    is_active: bool
    is_active_changed_at: datetime | None
    is_active_changed_by: str | None
    cooldown_until: datetime | None
    cooldown_kind: CooldownKind | None
    waits_for_owner: bool
    hold_state: HoldState
    rates: str  # of the last seven days, in words
    sent_today: int
    todays_limit: int
    current_stage: int
    score: int | None  # None: nothing has judged it yet
    restriction: Restriction
    server_pause_reason: str | None = None


@dataclass(frozen=True, slots=True)
class InboxStatus:
    """What a page shows. `tone` is ok, warn, bad, info or plain; `icon` is a name in the sprite."""

    key: StatusKey
    word: str
    tone: str
    icon: str
    reason: str
    action: Action | None


WORDS: dict[StatusKey, tuple[str, str, str]] = {
    StatusKey.NEEDS_ATTENTION: ("Needs attention", "bad", "circle-x"),
    StatusKey.DOMAIN_PAUSED: ("Domain paused", "bad", "globe"),
    StatusKey.SERVER_LISTED: ("Server listed", "bad", "globe"),
    StatusKey.OUT_OF_ROTATION: ("Out of rotation", "plain", "circle-pause"),
    StatusKey.COOLDOWN: ("Cooldown", "warn", "snowflake"),
    StatusKey.WARMUP_PAUSED: ("Warmup paused", "warn", "flame"),
    StatusKey.REPLIES_NOT_SYNCING: ("Replies not syncing", "warn", "inbox"),
    StatusKey.DONE_FOR_TODAY: ("Done for today", "info", "clock"),
    StatusKey.WARMING: ("Warming", "info", "flame"),
    StatusKey.NURTURE_ONLY: ("Nurture only", "info", "shield"),
    StatusKey.READY: ("Ready", "ok", "circle-check"),
}

CONNECTION_SENTENCES = {
    ConnectionState.AUTH_FAILED: "The server refused the password",
    ConnectionState.AUTH_REVOKED: "The sign-in was revoked",
    ConnectionState.SUSPENDED: "The provider suspended this mailbox",
    ConnectionState.DISCONNECTED: "Sending does not work",
}

_RESERVED = {
    Restriction.ANY: "Sends cold and nurture",
    Restriction.COLD_OUTREACH: "Reserved for cold outreach",
    Restriction.NURTURE: "Reserved for nurture",
}


def judge_status(facts: InboxFacts) -> InboxStatus:
    """The status of an inbox at `facts.now`."""
    for key, holds, reason, action in _LINES:
        if holds(facts):
            word, tone, icon = WORDS[key]
            return InboxStatus(key, word, tone, icon, reason(facts), action)
    raise AssertionError("the last line always holds")


def _connection_reason(facts: InboxFacts) -> str:
    sentence = CONNECTION_SENTENCES[facts.connection_state]
    return f"{sentence}: {facts.sending_problem}" if facts.sending_problem else sentence


def _switched_off(facts: InboxFacts) -> str:
    by = f"by {facts.is_active_changed_by}" if facts.is_active_changed_by else "switched off"
    if facts.is_active_changed_at is None:
        return by
    return f"{by}, {day_and_month(facts.is_active_changed_at, facts.timezone)}"


def _has_a_clock(facts: InboxFacts) -> bool:
    return facts.cooldown_until is not None and facts.cooldown_until > facts.now


def _cooling(facts: InboxFacts) -> str:
    why = f"After {facts.cooldown_kind.in_words}: " if facts.cooldown_kind else ""
    if not _has_a_clock(facts):
        return "The third complaint in 30 days: an owner has to look at it"
    assert facts.cooldown_until is not None
    left = in_words(facts.cooldown_until - facts.now)
    return f"{why}{left} left ({clock_time(facts.cooldown_until, facts.timezone)})"


def _ready_for(facts: InboxFacts) -> str:
    if facts.score is not None and facts.score < DEFAULT_FLOOR:
        return f"Health {facts.score}; campaigns ask for {DEFAULT_FLOOR} unless they say otherwise"
    return _RESERVED[facts.restriction]


_Line = tuple[StatusKey, Callable[[InboxFacts], bool], Callable[[InboxFacts], str], Action | None]

_LINES: tuple[_Line, ...] = (
    (
        StatusKey.NEEDS_ATTENTION,
        lambda facts: facts.connection_state != ConnectionState.OK,
        _connection_reason,
        Action.RECONNECT,
    ),
    (
        StatusKey.DOMAIN_PAUSED,
        lambda facts: facts.domain_pause_reason is not None,
        lambda facts: f"{facts.domain_pause_reason} on {facts.domain_name}",
        Action.OPEN_DOMAIN,
    ),
    (
        StatusKey.SERVER_LISTED,
        lambda facts: facts.server_pause_reason is not None,
        lambda facts: facts.server_pause_reason or "",
        Action.OPEN_DOMAIN,
    ),
    (StatusKey.OUT_OF_ROTATION, lambda facts: not facts.is_active, _switched_off, Action.PUT_BACK),
    (
        StatusKey.COOLDOWN,
        lambda facts: _has_a_clock(facts) or facts.waits_for_owner,
        _cooling,
        Action.OPEN,
    ),
    (
        StatusKey.WARMUP_PAUSED,
        lambda facts: facts.hold_state is HoldState.HELD,
        lambda facts: facts.rates,
        Action.SEE_CAUSE,
    ),
    (
        StatusKey.REPLIES_NOT_SYNCING,
        lambda facts: facts.replies_problem is not None,
        lambda facts: facts.replies_problem or "",
        Action.CHOOSE_FOLDER,
    ),
    (
        StatusKey.DONE_FOR_TODAY,
        lambda facts: facts.sent_today >= facts.todays_limit,
        lambda facts: f"{facts.sent_today} of {facts.todays_limit}, resets 00:00 {facts.timezone}",
        None,
    ),
    (
        StatusKey.WARMING,
        lambda facts: facts.current_stage <= 1,
        lambda facts: f"Stage {facts.current_stage}; nurture from 2, cold from 3",
        None,
    ),
    (
        StatusKey.NURTURE_ONLY,
        lambda facts: facts.current_stage == 2,
        lambda _facts: "Stage 2; cold from 3",
        None,
    ),
    (StatusKey.READY, lambda _facts: True, _ready_for, None),
)
