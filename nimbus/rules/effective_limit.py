"""How many mails an inbox may send today: its daily limit, and everything that makes it less, each with its reason.

The stored limit is never rewritten by any of this, so an owner's number survives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from nimbus.rules.health_hold import HoldState
from nimbus.rules.levels import Level
from nimbus.rules.limit_ramp import HEALTHY_FROM
from nimbus.rules.mailbox_kinds import MailboxKind
from nimbus.rules.send_limits import RAMPS

PROBATION_SHARE, PROBATION_LEAST = 0.25, 5
AFTER_COOLDOWN_SHARE = 0.25
AFTER_PROVIDER_LIMIT_SHARE = 0.5
PROVIDER_LIMIT_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFacts:
    """What shapes today's number."""

    kind: MailboxKind
    daily_send_limit: int
    provider_cap: int
    score: int
    level: Level  # the worse of both rates
    hold_state: HoldState
    is_first_day_after_pause: bool  # of the domain
    is_first_day_after_cooldown: bool  # of one that was about its health
    sent_before_provider_limit: (
        int | None
    )  # in the 24 hours before the provider said "enough", while that lasts


class LimitStep(NamedTuple):
    """The number after one more reason, and that reason."""

    limit: int
    reason: str


@dataclass(frozen=True, slots=True)
class EffectiveLimit:
    """Today's number, and how it came down to it from the daily limit, step by step."""

    limit: int
    steps: tuple[LimitStep, ...]


def effective_limit(facts: LimitFacts) -> EffectiveLimit:
    """How many mails may leave today. A reason that changes nothing is not told."""
    limit, steps = max(0, facts.daily_send_limit), []
    for lowered in _REASONS:
        step = lowered(facts, limit)
        if step is not None and step.limit < limit:
            limit = step.limit
            steps.append(step)
    return EffectiveLimit(limit, tuple(steps))


def provider_limit_lasts(hit_at: datetime | None, now: datetime) -> bool:
    """Whether the last "enough" of the provider still makes the day smaller."""
    return hit_at is not None and now < hit_at + PROVIDER_LIMIT_LASTS


def _ceiling(facts: LimitFacts, _limit: int) -> LimitStep | None:
    return LimitStep(facts.provider_cap, f"The provider's ceiling leaves {facts.provider_cap:,} a day")


def _slipping(facts: LimitFacts, limit: int) -> LimitStep | None:
    why = next((said for holds, said in _slips(facts) if holds), None)
    if why is None or facts.kind not in RAMPS:
        return None
    factor = RAMPS[facts.kind].slip
    return LimitStep(_share(limit, factor), f"{why}: {factor:.0%} of it".replace("%", " %"))


def _slips(facts: LimitFacts) -> tuple[tuple[bool, str], ...]:
    return (
        (facts.score < HEALTHY_FROM, f"Its score of {facts.score} is under {HEALTHY_FROM}"),
        (facts.level >= Level.ELEVATED, f"A rate is {facts.level.name}"),
        (facts.is_first_day_after_pause, "The first day after its domain's pause"),
    )


def _probation(facts: LimitFacts, limit: int) -> LimitStep | None:
    if facts.hold_state is not HoldState.PROBATION:
        return None
    left = max(PROBATION_LEAST, _share(limit, PROBATION_SHARE))
    return LimitStep(left, f"On probation: a quarter of it, {PROBATION_LEAST} at least")


def _after_cooldown(facts: LimitFacts, _limit: int) -> LimitStep | None:
    if not facts.is_first_day_after_cooldown:
        return None
    left = _share(min(facts.daily_send_limit, facts.provider_cap), AFTER_COOLDOWN_SHARE)
    return LimitStep(left, "The first day after a cooldown: a quarter of the daily limit")


def _after_provider_limit(facts: LimitFacts, _limit: int) -> LimitStep | None:
    if facts.sent_before_provider_limit is None:
        return None
    left = _share(facts.sent_before_provider_limit, AFTER_PROVIDER_LIMIT_SHARE)
    sent = facts.sent_before_provider_limit
    return LimitStep(left, f"The provider said enough after {sent:,} in 24 hours: half of that for a week")


def _share(limit: int, factor: float) -> int:
    return int(round(limit * factor, 9))


_REASONS: tuple[Callable[[LimitFacts, int], LimitStep | None], ...] = (
    _ceiling,
    _slipping,
    _probation,
    _after_cooldown,
    _after_provider_limit,
)
