"""Whether an inbox may carry a campaign's mail now: every check with its value, in the order of `deliverability.md` 8.1.

All of them are answered, also behind one that fails: which inboxes may send does not depend on the order, only the
reason that is told does. The claim reads what can change meanwhile once more (`rules/send_gate.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nimbus.rules.campaign_types import DEFAULT_FLOOR, CampaignType, Restriction, allows
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.durations import clock_time, day_and_month, in_words
from nimbus.rules.inbox_status import CONNECTION_SENTENCES
from nimbus.rules.providers import ConnectionState
from nimbus.rules.score_parts import PRIOR

NEEDED_STAGE = {CampaignType.COLD_OUTREACH: 3, CampaignType.NURTURE: 2}
TYPE_WORDS = {CampaignType.COLD_OUTREACH: "cold outreach", CampaignType.NURTURE: "nurture"}


class Code(StrEnum):
    """Why an inbox is left out; kept in ledgers, so the values never change."""

    RESTRICTED = "RESTRICTED"
    INACTIVE = "INACTIVE"
    NOT_CONNECTED = "NOT_CONNECTED"
    DOMAIN_PAUSED = "DOMAIN_PAUSED"
    BELOW_SCORE = "BELOW_SCORE"
    BUDGET_SPENT = "BUDGET_SPENT"
    BUDGET_HELD_FOR_WARMUP = "BUDGET_HELD_FOR_WARMUP"
    STAGE_TOO_LOW = "STAGE_TOO_LOW"
    COOLDOWN = "COOLDOWN"
    PACING = "PACING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An inbox at `now`. Times are aware; counts include what is reserved."""

    now: datetime
    timezone: str  # of the workspace, an IANA name
    inbox: str  # its address
    restriction: Restriction
    is_active: bool
    connection_state: ConnectionState
    domain: str
    domain_pause_reason: str | None
    score: int | None  # None: nothing has judged it yet, so it counts as what is not known does
    sent_today: int
    todays_limit: int
    resets_at: datetime  # when the next day of the workspace's zone begins
    sent_in_24_hours: int
    provider_cap: int
    warmup_hold: int  # of today's number, what warmup still needs
    stage: int
    stage_sentence: str | None  # what the next stage waits for
    cooldown_until: datetime | None
    cooldown_kind: CooldownKind | None
    waits_for_owner: bool
    next_slot_at: datetime | None  # None: nothing spaces its sends
    server_pause_reason: str | None = None  # its mail server is on a blocklist; the domain goes on


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a campaign asks of an inbox."""

    campaign_type: CampaignType
    floor: int = DEFAULT_FLOOR

    @property
    def stage(self) -> int:
        """The least stage that may carry it."""
        return NEEDED_STAGE[self.campaign_type]


class Check(NamedTuple):
    """One check: what the inbox has, what was asked where that is a number, and the sentence when it fails."""

    code: Code
    passes: bool
    has: str
    asks: str
    sentence: str


def check(inbox: Candidate, wanted: Wanted) -> tuple[Check, ...]:
    """Every check of an inbox for a campaign, in order."""
    return tuple(one(inbox, wanted) for one in _CHECKS)


def first_failing(checks: Sequence[Check]) -> Check | None:
    """The reason that is told; None: the inbox is eligible."""
    return next((each for each in checks if not each.passes), None)


def _restricted(inbox: Candidate, wanted: Wanted) -> Check:
    passes, reserved = allows(inbox.restriction, wanted.campaign_type), inbox.restriction.replace("_", " ")
    said = f"{inbox.inbox} is reserved for {reserved}; this is a {TYPE_WORDS[wanted.campaign_type]} campaign."
    has = "any campaign" if inbox.restriction is Restriction.ANY else f"{reserved} only"
    return Check(Code.RESTRICTED, passes, has, "", said)


def _inactive(inbox: Candidate, _wanted: Wanted) -> Check:
    said = f"{inbox.inbox} was taken out of rotation by a user."
    has = "in rotation" if inbox.is_active else "out of rotation"
    return Check(Code.INACTIVE, inbox.is_active, has, "", said)


def _not_connected(inbox: Candidate, _wanted: Wanted) -> Check:
    why = CONNECTION_SENTENCES.get(inbox.connection_state)
    said = f"{inbox.inbox} must be reconnected: {why}."
    return Check(Code.NOT_CONNECTED, why is None, why or "connected", "", said)


def _domain_paused(inbox: Candidate, _wanted: Wanted) -> Check:
    why = inbox.domain_pause_reason
    said = f"{inbox.domain} is paused: {why}; all its inboxes wait."
    if why is None:
        why = inbox.server_pause_reason
        said = f"{inbox.inbox} waits: {why}."
    return Check(Code.DOMAIN_PAUSED, why is None, "not paused" if why is None else f"paused: {why}", "", said)


def _below_score(inbox: Candidate, wanted: Wanted) -> Check:
    score = round(PRIOR) if inbox.score is None else inbox.score
    has = f"{score}" if inbox.score is not None else f"not judged yet, counts as {score}"
    said = f"{inbox.inbox} scores {score}, the campaign needs {wanted.floor}."
    return Check(Code.BELOW_SCORE, score >= wanted.floor, has, f"from {wanted.floor}", said)


def _budget_spent(inbox: Candidate, _wanted: Wanted) -> Check:
    sent, limit, in_24_hours, cap = (
        inbox.sent_today,
        inbox.todays_limit,
        inbox.sent_in_24_hours,
        inbox.provider_cap,
    )
    has = f"{sent:,} of {limit:,} today, {in_24_hours:,} of {cap:,} in 24 hours"
    if sent >= limit:
        said = (
            f"{inbox.inbox} has used {sent:,} of {limit:,} today; resets at midnight {inbox.timezone} "
            f"(in {in_words(inbox.resets_at - inbox.now)})."
        )
    else:
        said = f"{inbox.inbox} has sent {in_24_hours:,} messages in 24 hours, and its provider's ceiling is {cap:,}."
    return Check(Code.BUDGET_SPENT, sent < limit and in_24_hours < cap, has, "", said)


def _held_for_warmup(inbox: Candidate, _wanted: Wanted) -> Check:
    left, hold = max(0, inbox.todays_limit - inbox.sent_today), inbox.warmup_hold
    said = f"{inbox.inbox} keeps its last {left:,} sends for warmup."
    # A spent budget holds nothing: that is told by the check before this one.
    passes = not hold or left > hold
    return Check(Code.BUDGET_HELD_FOR_WARMUP, passes, f"{hold:,} of the {left:,} left", "", said)


def _stage_too_low(inbox: Candidate, wanted: Wanted) -> Check:
    needs = f"{TYPE_WORDS[wanted.campaign_type]} needs {wanted.stage}"
    said = f"{inbox.inbox} is at stage {inbox.stage}; {needs}. {inbox.stage_sentence or ''}".strip()
    passes = inbox.stage >= wanted.stage
    return Check(Code.STAGE_TOO_LOW, passes, f"stage {inbox.stage}", f"from {wanted.stage}", said)


def _cooling_down(inbox: Candidate, _wanted: Wanted) -> Check:
    until = inbox.cooldown_until if inbox.cooldown_until and inbox.now < inbox.cooldown_until else None
    if until is None:
        has = "waits for an owner" if inbox.waits_for_owner else "none"
        said = f"{inbox.inbox} waits for an owner to look at its complaints."
    else:
        has = f"until {_clock(until, inbox)}"
        why = f": {inbox.cooldown_kind.in_words}" if inbox.cooldown_kind else ""
        said = f"{inbox.inbox} cools down {has}{why}."
    return Check(Code.COOLDOWN, until is None and not inbox.waits_for_owner, has, "", said)


def _pacing(inbox: Candidate, _wanted: Wanted) -> Check:
    at = inbox.next_slot_at
    passes = at is None or inbox.now >= at
    has = "free now" if at is None or passes else f"from {_clock(at, inbox)} on"
    said = f"{inbox.inbox} sends again {has} (spacing)."
    return Check(Code.PACING, passes, has, "", said)


def _clock(moment: datetime, inbox: Candidate) -> str:
    return f"{clock_time(moment, inbox.timezone)} on {day_and_month(moment, inbox.timezone)}"


_CHECKS: tuple[Callable[[Candidate, Wanted], Check], ...] = (
    _restricted,
    _inactive,
    _not_connected,
    _domain_paused,
    _below_score,
    _budget_spent,
    _held_for_warmup,
    _stage_too_low,
    _cooling_down,
    _pacing,
)
