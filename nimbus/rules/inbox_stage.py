"""`get_inbox_stage()`: how much an inbox is trusted with, 0 (brand new) to 5 (full clearance). 3 is the cold gate.

It climbs by what it has shown and never by age. While something is wrong nothing is promoted, however much was sent:
that keeps a poisoned inbox out of cold mail. What lowers a stage is in `stage_falls`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nimbus.rules.cooldown_kinds import HEALTH, CooldownKind
from nimbus.rules.health_hold import HoldState
from nimbus.rules.levels import Level
from nimbus.rules.stage_gates import FULL, GATES, Condition, Gate, Indicators, conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFacts:
    """The present stage, what the gates look at, and what forbids every promotion."""

    stage: int
    indicators: Indicators
    bounce_level: Level
    complaint_level: Level
    hold_state: HoldState
    is_warmup_paused: bool
    is_domain_paused: bool
    is_connected: bool
    cooldowns: frozenset[CooldownKind]  # those that run now


class StageVerdict(NamedTuple):
    """The stage, and one sentence that says what the next one is waiting for."""

    stage: int
    sentence: str


class Rung(NamedTuple):
    """A stage on the ladder, as a page shows it: reached or not, what it opens, and every condition."""

    stage: int
    opens: str
    is_reached: bool
    conditions: tuple[Condition, ...]


def get_inbox_stage(facts: StageFacts) -> StageVerdict:
    """The stage of an inbox; never lower than it was. Several stages are climbed at once where all gates pass."""
    if facts.stage == FULL:
        return StageVerdict(FULL, "Fully warmed.")
    wrong = next(_holding(facts), None)
    if wrong is not None:
        return StageVerdict(facts.stage, f"Held at {facts.stage}: {wrong}.")
    stage = facts.stage
    for gate in GATES[facts.stage + 1 :]:
        missing = _missing(gate, facts.indicators)
        if missing is not None:
            said = f"Stage {gate.stage} needs {missing.needs}, has {missing.has}."
            return StageVerdict(stage, said)
        stage = gate.stage
    return StageVerdict(stage, "Fully warmed.")


def ladder(stage: int, indicators: Indicators) -> tuple[Rung, ...]:
    """All stages with their conditions, for a page."""
    return tuple(
        Rung(gate.stage, gate.opens, gate.stage <= stage, conditions(gate, indicators)) for gate in GATES
    )


def _missing(gate: Gate, indicators: Indicators) -> Condition | None:
    unmet = (condition for condition in conditions(gate, indicators) if not condition.is_met)
    return next(unmet, None)


def _holding(facts: StageFacts) -> Iterator[str]:
    """What forbids a promotion, the first of which is told."""
    if facts.bounce_level >= Level.ELEVATED:
        yield f"bounce rate {facts.bounce_level.name}"
    if facts.complaint_level >= Level.ELEVATED:
        yield f"complaint rate {facts.complaint_level.name}"
    if facts.hold_state is HoldState.HELD:
        yield "health hold"
    if facts.hold_state is HoldState.PROBATION:
        yield "on probation after a health hold"
    if facts.is_warmup_paused:
        yield "warmup paused"
    if facts.is_domain_paused:
        yield "the sending domain is paused"
    if not facts.is_connected:
        yield "not connected"
    yield from (f"cooldown after {kind.in_words}" for kind in sorted(facts.cooldowns & HEALTH))
