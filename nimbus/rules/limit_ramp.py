"""How `daily_send_limit` moves by itself: up a little on healthy days, down at once with the stage.

Raised slowly and never doubled, as Google asks. A number that a person typed stays until it is given back.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from nimbus.rules.mailbox_kinds import MailboxKind
from nimbus.rules.send_limits import RAMPS

HEALTHY_FROM = 70  # of overall_score
APART = timedelta(hours=22)  # the shortest day has 23: another time zone makes no second day of one


class LimitMode(StrEnum):
    """Who sets an inbox's daily limit."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yesterday:
    """The last full day in the workspace's zone: its limit, what was used of it, and whether all was well."""

    limit: int
    used: int
    score: int
    was_held: bool  # a health hold, held or on probation, at any time of it
    was_cooling: bool
    was_domain_paused: bool

    @property
    def earns_a_raise(self) -> bool:
        """Healthy, and the limit was needed: at least half of it was used."""
        is_healthy = self.score >= HEALTHY_FROM and not (
            self.was_held or self.was_cooling or self.was_domain_paused
        )
        return is_healthy and 2 * self.used >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RampFacts:
    """What the next limit is read from, at `now`, on `today` in the workspace's zone."""

    now: datetime
    today: date
    kind: MailboxKind
    stage: int
    limit: int
    mode: LimitMode
    yesterday: Yesterday | None  # None: it was not connected then
    raised_on: date | None
    raised_at: datetime | None


class RampStep(NamedTuple):
    """A new limit, and why it is one."""

    limit: int
    reason: str


class Saved(NamedTuple):
    """A limit that a person asked for, as it is stored, with what the form has to say about it."""

    limit: int
    warning: str | None


def ramp(facts: RampFacts) -> RampStep | None:
    """The limit's next step; None while it stays. At most one raise a day."""
    if facts.mode is LimitMode.MANUAL or facts.kind not in RAMPS:
        return None
    target = target_limit(facts.kind, facts.stage)
    if facts.limit > target:
        return RampStep(target, f"Stage {facts.stage} sends {target} a day at most")
    if facts.limit == target or not _is_due(facts):
        return None
    if facts.yesterday is None or not facts.yesterday.earns_a_raise:
        return None
    raised = raised_limit(facts.limit, target, RAMPS[facts.kind].raise_by)
    return RampStep(raised, f"A healthy day: {facts.yesterday.used} of {facts.yesterday.limit} were sent")


def target_limit(kind: MailboxKind, stage: int) -> int:
    """Mails a day that this stage grows to; of a kind with a ramp."""
    return RAMPS[kind].targets[stage]


def raised_limit(limit: int, target: int, raise_by: float) -> int:
    """The limit after one healthy day: a share more, one at least, the target at most."""
    return min(target, limit + max(1, ceil(round(limit * raise_by, 9))))


def save_limit(number: int, target: int | None, cap: int) -> Saved:
    """What a number becomes that a person typed: at most the provider's cap. Above the stage's target it warns."""
    if number > cap:
        return Saved(cap, f"This mailbox can send {cap:,} a day at most, so {cap:,} was saved.")
    if target is not None and number > target:
        said = (
            f"More than the {target:,} a day that its stage is meant for: watch its bounces and complaints."
        )
        return Saved(number, said)
    return Saved(number, None)


def back_to_automatic(number: int, target: int) -> int:
    """The limit that the ramp goes on from, once a typed number is given back."""
    return min(number, target)


def _is_due(facts: RampFacts) -> bool:
    is_another_day = facts.raised_on is None or facts.today > facts.raised_on
    return is_another_day and (facts.raised_at is None or facts.now - facts.raised_at >= APART)
