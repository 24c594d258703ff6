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
    for left_by, said_of in _REASONS:
        left = left_by(facts, limit)
        if left is not None and left < limit:
            limit = left
            steps.append(LimitStep(left, said_of(facts)))
    return EffectiveLimit(limit, tuple(steps))


def provider_limit_lasts(hit_at: datetime | None, now: datetime) -> bool:
    """Whether the last "enough" of the provider still makes the day smaller."""
    return hit_at is not None and now < hit_at + PROVIDER_LIMIT_LASTS


def _under_ceiling(facts: LimitFacts, _limit: int) -> int:
    return facts.provider_cap


def _say_ceiling(facts: LimitFacts) -> str:
    return f"The provider's ceiling leaves {facts.provider_cap:,} a day"


def _while_slipping(facts: LimitFacts, limit: int) -> int | None:
    slips = facts.score < HEALTHY_FROM or facts.level >= Level.ELEVATED or facts.is_first_day_after_pause
    return _share(limit, RAMPS[facts.kind].slip) if slips and facts.kind in RAMPS else None


def _say_slipping(facts: LimitFacts) -> str:
    if facts.score < HEALTHY_FROM:
        why = f"Its score of {facts.score} is under {HEALTHY_FROM}"
    elif facts.level >= Level.ELEVATED:
        why = f"A rate is {facts.level.name}"
    else:
        why = "The first day after its domain's pause"
    return f"{why}: {RAMPS[facts.kind].slip:.0%} of it".replace("%", " %")


def _on_probation(facts: LimitFacts, limit: int) -> int | None:
    on_probation = facts.hold_state is HoldState.PROBATION
    return max(PROBATION_LEAST, _share(limit, PROBATION_SHARE)) if on_probation else None


def _say_probation(_facts: LimitFacts) -> str:
    return f"On probation: a quarter of it, {PROBATION_LEAST} at least"


def _after_cooldown(facts: LimitFacts, _limit: int) -> int | None:
    usual = min(facts.daily_send_limit, facts.provider_cap)
    return _share(usual, AFTER_COOLDOWN_SHARE) if facts.is_first_day_after_cooldown else None


def _say_cooldown(_facts: LimitFacts) -> str:
    return "The first day after a cooldown: a quarter of the daily limit"


def _after_provider_limit(facts: LimitFacts, _limit: int) -> int | None:
    sent = facts.sent_before_provider_limit
    return None if sent is None else _share(sent, AFTER_PROVIDER_LIMIT_SHARE)


def _say_provider_limit(facts: LimitFacts) -> str:
    return f"The provider said enough after {facts.sent_before_provider_limit:,} in 24 hours: half of that for a week"


def _share(limit: int, factor: float) -> int:
    return int(round(limit * factor, 9))


# What a reason leaves of the number so far, and its words: most change nothing, and claims ask for each message.
_REASONS: tuple[tuple[Callable[[LimitFacts, int], int | None], Callable[[LimitFacts], str]], ...] = (
    (_under_ceiling, _say_ceiling),
    (_while_slipping, _say_slipping),
    (_on_probation, _say_probation),
    (_after_cooldown, _say_cooldown),
    (_after_provider_limit, _say_provider_limit),
)
