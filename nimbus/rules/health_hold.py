"""The health hold: the pause with hysteresis that warmup, stages and scores all read.

none --(a level of ELEVATED or worse)--> held --(A, B or C)--> probation --(20 clean sends in a row)--> none, and from
probation back to held with any complaint or a second permanent failure. It begins at 5 % bounces and ends below 2 %.

A: the minimum time is over, and both rates are under their lines on two evaluations a day apart.
B: the window is empty. Emptiness is not health, it only opens probation.
C: an owner says that the cause is fixed, a day after the hold began and while nothing is critical.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from nimbus.rules.levels import Level
from nimbus.rules.outcomes import Attempt, Outcome, sends
from nimbus.rules.rates import Rates

MINIMUM = (timedelta(hours=48), timedelta(hours=96), timedelta(hours=168))  # longer with each repeat
REPEAT_WITHIN = timedelta(days=30)
CHECKS_APART = timedelta(hours=24)
OWNER_MAY_AFTER = timedelta(hours=24)
BOUNCE_CLEARS = 0.02
COMPLAINT_CLEARS = 0.001
CLEAN_SENDS = 20
FAILURES = 2  # in a probation


class HoldState(StrEnum):
    """Where an inbox is."""

    NONE = "none"
    HELD = "held"
    PROBATION = "probation"


class HoldCause(StrEnum):
    """What an inbox is held for."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthHold:
    """The hold of one inbox, as it is stored. All moments are aware."""

    state: HoldState = HoldState.NONE
    since: datetime | None = None  # when this state began; None: it was never held
    causes: frozenset[HoldCause] = frozenset()
    begun: tuple[datetime, ...] = ()  # the holds of the last 30 days, the present one included
    good_since: datetime | None = None  # since when every evaluation found both rates under their lines
    judged_from: datetime | None = None  # mail from before the last probation is not judged again

    @property
    def minimum(self) -> timedelta:
        """How long the last hold lasts at least, unless its window is empty or an owner ends it."""
        return MINIMUM[min(len(self.begun), len(MINIMUM)) - 1]


NO_HOLD = HealthHold()


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFacts:
    """What the next state is read from, at `now`.

    `rates` are the 7-day rates as they are shown; the levels are those of the mail since `judged_from`, and `sent` counts
    the window's mail of every stream. `attempts` are the last ones in their order. `complaints` were heard of since the
    probation began, about whichever mail.
    """

    now: datetime
    rates: Rates
    bounce_level: Level
    complaint_level: Level
    sent: int
    is_connected: bool
    is_domain_paused: bool
    said_fixed: bool = False  # an owner, since the hold began
    attempts: Sequence[Attempt] = ()
    complaints: int = 0


def next_hold(hold: HealthHold, facts: HoldFacts) -> HealthHold:
    """The hold after an evaluation; the same where nothing has changed, however often it is asked."""
    if hold.state is HoldState.NONE:
        causes = _causes(facts)
        return _held(hold, facts.now, causes) if causes else hold
    if hold.state is HoldState.PROBATION:
        return _after_probation(hold, facts)
    good_since = (hold.good_since or facts.now) if _is_good(facts.rates) else None
    hold = replace(hold, causes=hold.causes | _causes(facts), good_since=good_since)
    if facts.is_connected and not facts.is_domain_paused and _opens(hold, facts):
        return replace(hold, state=HoldState.PROBATION, since=facts.now, judged_from=facts.now)
    return hold


def way_out(hold: HealthHold, clean: int) -> str:
    """What ends the present state, for a person; `clean` is the run of clean sends in a probation."""
    if hold.state is HoldState.PROBATION:
        return f"Ends after {CLEAN_SENDS} clean sends in a row, of which {clean} are done."
    if hold.state is HoldState.NONE:
        return "Nothing is held."
    return (
        "Ends when bounces are under 2 % and complaints under 0.1 % on two checks a day apart, when nothing was sent for a "
        "week, or when an owner says that the cause is fixed; then 20 clean sends lead out of probation."
    )


def clean_run(hold: HealthHold, attempts: Iterable[Attempt]) -> int:
    """How many sends in a row were clean since the present state began."""
    run = 0
    for attempt in _since(hold, attempts):
        run = run + 1 if attempt.outcome is Outcome.CLEAN else 0
    return run


def _causes(facts: HoldFacts) -> frozenset[HoldCause]:
    levels = {HoldCause.BOUNCE: facts.bounce_level, HoldCause.COMPLAINT: facts.complaint_level}
    return frozenset(cause for cause, level in levels.items() if level >= Level.ELEVATED)


def _held(hold: HealthHold, now: datetime, causes: frozenset[HoldCause]) -> HealthHold:
    recent = tuple(moment for moment in hold.begun if moment > now - REPEAT_WITHIN)
    return replace(
        hold, state=HoldState.HELD, since=now, causes=causes, begun=(*recent, now), good_since=None
    )


def _is_good(rates: Rates) -> bool:
    return rates.bounce.value < BOUNCE_CLEARS and rates.complaint.value < COMPLAINT_CLEARS


def _opens(hold: HealthHold, facts: HoldFacts) -> bool:
    assert hold.since is not None
    held_for = facts.now - hold.since
    is_good = hold.good_since is not None and facts.now - hold.good_since >= CHECKS_APART
    is_critical = Level.CRITICAL in {facts.bounce_level, facts.complaint_level}
    return (
        (is_good and held_for >= hold.minimum)
        or facts.sent == 0
        or (facts.said_fixed and held_for >= OWNER_MAY_AFTER and not is_critical)
    )


def _after_probation(hold: HealthHold, facts: HoldFacts) -> HealthHold:
    if facts.complaints:
        return _held(hold, facts.now, frozenset({HoldCause.COMPLAINT}))
    failures, clean = 0, 0
    for attempt in _since(hold, facts.attempts):
        clean = clean + 1 if attempt.outcome is Outcome.CLEAN else clean
        if attempt.outcome is Outcome.PERMANENT:
            failures, clean = failures + 1, 0
        if failures == FAILURES:
            return _held(hold, facts.now, frozenset({HoldCause.BOUNCE}))
        if clean == CLEAN_SENDS:
            return replace(hold, state=HoldState.NONE, since=facts.now, causes=frozenset(), good_since=None)
    return hold


def _since(hold: HealthHold, attempts: Iterable[Attempt]) -> list[Attempt]:
    assert hold.since is not None
    began = hold.since
    return [attempt for attempt in sends(attempts) if attempt.at > began]
