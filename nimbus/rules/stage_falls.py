"""What takes stages away again. A stage is kept below its entry for a while, and lost only by what its mail has shown.

A paused domain, a revoked sign-in, an inbox out of rotation and a lower counter stop sending; they erase no trust.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from nimbus.rules.levels import Level
from nimbus.rules.placement import ENOUGH, Placement
from nimbus.rules.stage_gates import GATES, Demotion, Indicators

CRITICAL_COSTS = 2
ELEVATED_DAYS = 3  # daily evaluations in a row
INDICATOR_PAUSE = timedelta(hours=24)
IDLE = timedelta(days=30)
IDLE_KEEPS = 2
KEEPS_PLACEMENT = {2: 0.50, 3: 0.65, 4: 0.70, 5: 0.75}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is remembered between evaluations, so that each fall happens once."""

    demotion: Demotion | None = None
    fell_at: datetime | None = None
    is_critical: bool = False  # the present episode has been paid for
    elevated_days: int = 0
    elevated_on: date | None = None  # the last day that was counted
    answered: int = 0  # of the window's bad events, so many have cost their stage already


@dataclass(frozen=True, slots=True, kw_only=True)
class FallFacts:
    """What a fall is judged by, at `now`, on `today` in the workspace's zone."""

    now: datetime
    today: date
    stage: int
    level: Level  # the worse of both rates
    bad_events: int  # permanent failures and complaints that the level was read from
    indicators: Indicators
    last_mail_at: datetime | None  # of any kind; None: there never was one


class Fall(NamedTuple):
    """The stage after an evaluation, the memory to store, and why it fell; None while it stands."""

    stage: int
    standing: Standing
    reason: str | None


def judge_fall(standing: Standing, facts: FallFacts) -> Fall:
    """Whether an inbox loses stages now. Of several reasons the one that costs most decides."""
    counted = _counted(standing, facts)
    by_level = [_critical(standing, facts), _elevated(standing, counted, facts)]
    falls = [*by_level, _indicator(standing, facts), _idle(facts)]
    lower = [fall for fall in falls if fall is not None and fall[0] < facts.stage]
    if not lower:
        return Fall(facts.stage, counted, None)
    if any(by_level):
        counted = replace(counted, answered=facts.bad_events)
    stage, reason = min(lower, key=lambda fall: fall[0])
    before = max(facts.stage, counted.demotion.fallen_from if counted.demotion else 0)
    fell = Demotion(before, stage, facts.indicators.warmup_sends)
    return Fall(stage, replace(counted, demotion=fell, fell_at=facts.now), reason)


def climbed(standing: Standing, stage: int) -> Standing:
    """The memory after a promotion: a fall is forgotten once it is climbed back."""
    if standing.demotion is None or stage < standing.demotion.fallen_from:
        return standing
    return replace(standing, demotion=None)


_Lost = tuple[int, str] | None  # the stage it falls to, and why


def _counted(standing: Standing, facts: FallFacts) -> Standing:
    """The memory with this evaluation in it: one count of elevated days for each day, however often it is asked."""
    is_critical = facts.level is Level.CRITICAL and (standing.is_critical or _has_grown(standing, facts))
    answered = min(standing.answered, facts.bad_events)
    standing = replace(standing, is_critical=is_critical, answered=answered)
    if standing.elevated_on is not None and facts.today <= standing.elevated_on:
        return standing
    days = standing.elevated_days + 1 if facts.level >= Level.ELEVATED else 0
    return replace(standing, elevated_days=days, elevated_on=facts.today)


def _has_grown(standing: Standing, facts: FallFacts) -> bool:
    """Whether something bad came that no fall has answered.

    Of an inbox that sends nothing the good mail leaves the window first: its rate rises although nothing happens.
    """
    return facts.bad_events > standing.answered


def _critical(standing: Standing, facts: FallFacts) -> _Lost:
    if standing.is_critical or facts.level is not Level.CRITICAL or not _has_grown(standing, facts):
        return None
    return max(0, facts.stage - CRITICAL_COSTS), "a rate became critical"


def _elevated(standing: Standing, counted: Standing, facts: FallFacts) -> _Lost:
    is_new = counted.elevated_days > standing.elevated_days
    if not is_new or counted.elevated_days % ELEVATED_DAYS or not _has_grown(counted, facts):
        return None
    return max(0, facts.stage - 1), f"a rate was elevated on {counted.elevated_days} days in a row"


def _indicator(standing: Standing, facts: FallFacts) -> _Lost:
    if not facts.stage or (standing.fell_at is not None and facts.now < standing.fell_at + INDICATOR_PAUSE):
        return None
    seen, gate = facts.indicators, GATES[facts.stage]
    if seen.reputation < gate.keeps_reputation:
        said = f"reputation {seen.reputation}, and stage {facts.stage} keeps from {gate.keeps_reputation} on"
        return facts.stage - 1, said
    placement, keeps = seen.placement, KEEPS_PLACEMENT.get(facts.stage, 0.0)
    if isinstance(placement, Placement) and placement.observed >= ENOUGH and placement.rate < keeps:
        said = f"inbox placement {placement.rate:.0%}, and stage {facts.stage} keeps from {keeps:.0%} on"
        return facts.stage - 1, said.replace("%", " %")
    return None


def _idle(facts: FallFacts) -> _Lost:
    if facts.last_mail_at is None or facts.now - facts.last_mail_at <= IDLE:
        return None
    return IDLE_KEEPS, f"no mail for more than {IDLE.days} days"
