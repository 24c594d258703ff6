"""The gates between the stages: what an inbox must have shown to pass each, and what is missing.

Volume alone passes none. No column is a date or an age: an inbox does not grow healthy by growing old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from nimbus.rules.curves import percent
from nimbus.rules.placement import Placement

SENDS_PER_LOST_STAGE = 40  # clean warmup sends since a demotion, for each stage that is climbed again
BLIND_UP_TO = 2  # without any word on placement


class Gate(NamedTuple):
    """What a stage asks for: warmup sends ever, reputation, placement in a least number of samples."""

    stage: int
    sends: int
    reputation: int
    placement: float  # a share of 0 to 1; 0 asks for none
    samples: int
    opens: str

    @property
    def keeps_reputation(self) -> int:
        """Below this a stage is lost again; the gap to the entry is the hysteresis."""
        return self.reputation - 10


GATES = (
    Gate(0, 0, 0, 0.0, 0, "warmup only"),
    Gate(1, 20, 50, 0.0, 0, "warmup only"),
    Gate(2, 75, 60, 0.70, 10, "nurture"),
    Gate(3, 200, 65, 0.80, 20, "cold outreach"),
    Gate(4, 350, 70, 0.85, 20, "cold outreach, higher limit"),
    Gate(5, 600, 75, 0.90, 20, "everything"),
)
FULL = GATES[-1].stage


@dataclass(frozen=True, slots=True)
class Demotion:
    """A fall that has not been climbed back: from where, to where, and how many warmup sends there were then."""

    fallen_from: int
    fallen_to: int
    sends: int

    def sends_needed(self, stage: int) -> int:
        """How many clean warmup sends since the fall a stage asks for; 0 for those above where it fell from."""
        return (stage - self.fallen_to) * SENDS_PER_LOST_STAGE if stage <= self.fallen_from else 0


@dataclass(frozen=True, slots=True)
class Unseen:
    """A path on which placement cannot be observed: what its own warmup scores, 0 to 100, or an owner's word."""

    warmup_score: int | None = None
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """What the gates look at."""

    warmup_sends: int  # ever: accepted and not rejected
    reputation: int
    placement: Placement | Unseen  # of the last 7 days
    demotion: Demotion | None = None


class Condition(NamedTuple):
    """One thing that a stage needs, what there is of it, whether that is enough, and both in a few words."""

    needs: str
    has: str
    is_met: bool
    said: str


def conditions(gate: Gate, seen: Indicators) -> tuple[Condition, ...]:
    """All that a stage asks for, met or not, in the order in which what is missing is named."""
    return tuple(_conditions(gate, seen))


def _conditions(gate: Gate, seen: Indicators) -> Iterator[Condition]:
    enough = seen.warmup_sends >= gate.sends
    said = f"{seen.warmup_sends} of {gate.sends} warmup sends"
    yield Condition(f"{gate.sends} warmup sends", f"{seen.warmup_sends}", enough, said)
    if seen.demotion is not None and gate.stage > seen.demotion.fallen_to:
        needed = seen.demotion.sends_needed(gate.stage)
        since = max(0, seen.warmup_sends - seen.demotion.sends)
        needs = f"{needed} clean warmup sends since the demotion"
        yield Condition(needs, f"{since}", since >= needed, f"{since} of {needs}")
    enough = seen.reputation >= gate.reputation
    said = f"reputation {seen.reputation}, needs {gate.reputation}"
    yield Condition(f"reputation {gate.reputation}", f"{seen.reputation}", enough, said)
    if gate.samples:
        yield from _placement(gate, seen.placement)


def _placement(gate: Gate, seen: Placement | Unseen) -> Iterator[Condition]:
    share = percent(gate.placement)
    wanted = f"{share} inbox placement"
    if isinstance(seen, Placement):
        needs = f"{gate.samples} placement samples"
        said = f"{seen.observed} of {needs}"
        yield Condition(needs, f"{seen.observed}", seen.observed >= gate.samples, said)
        is_met = seen.rate >= gate.placement
        known = percent(seen.rate) if seen.observed else "not known yet"
        yield Condition(wanted, percent(seen.rate), is_met, f"inbox placement {known}, needs {share}")
    elif seen.warmup_score is not None:
        score = seen.warmup_score / 100
        has = f"{percent(score)} by its own warmup score"
        yield Condition(wanted, has, score >= gate.placement, f"inbox placement {has}, needs {share}")
    elif gate.stage > BLIND_UP_TO:
        needs, has = "an owner's word that it lands in the inbox", "placement cannot be observed here"
        yield Condition(needs, has, seen.is_confirmed, f"{has}: needs {needs}")
