"""`overall_score`: the one number that rotation reads first. Four parts make it, and hard facts cap it.

Stage, warmup progress and the day's budget are no parts of it: they decide on their own, and one fact must not count
twice. So bounces and complaints come in through reputation, and through caps, only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nimbus.rules.curves import Curve, half_up
from nimbus.rules.outcomes import Operations
from nimbus.rules.outside_signals import WORDS, NotKnown
from nimbus.rules.placement import Placement
from nimbus.rules.score_caps import Cap
from nimbus.rules.score_parts import Blend, Part, blend

WEIGHTS = {"reputation": 0.40, "domain": 0.25, "placement": 0.20, "operations": 0.15}
ENOUGH_ATTEMPTS = 10
_OPERATIONS_CURVE = Curve(((0, 100), (0.02, 95), (0.05, 85), (0.10, 65), (0.20, 35), (0.40, 0)))


class Band(StrEnum):
    """What a score is called."""

    HEALTHY = "Healthy"
    GOOD = "Good"
    AT_RISK = "At risk"
    CRITICAL = "Critical"


_BANDS = ((85, Band.HEALTHY), (70, Band.GOOD), (40, Band.AT_RISK), (0, Band.CRITICAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class OverallFacts:
    """The four sub-scores' sources."""

    reputation: int
    domain: int | NotKnown  # the sending domain's score; a public provider's domain has none
    placement: Placement | NotKnown
    operations: Operations


@dataclass(frozen=True, slots=True)
class OverallScore:
    """The score as it is stored and compared, with why: its parts, and the caps that hold, the lowest first."""

    score: int
    blend: Blend
    caps: tuple[Cap, ...]
    computed_at: datetime

    @property
    def band(self) -> Band:
        """The score in a word."""
        return band(self.score)

    def as_record(self) -> dict[str, Any]:
        """What is stored with the score, so that a page can say why; numbers are kept to four places."""
        return {
            "score": self.score,
            "raw": round(self.blend.value, 4),
            "computed_at": self.computed_at.isoformat(),
            "band": self.band.value,
            "parts": self.blend.as_records(),
            "caps": [cap._asdict() for cap in self.caps],
        }


def overall_score(facts: OverallFacts, caps: Sequence[Cap], now: datetime) -> OverallScore:
    """The score of an inbox under these caps. It is an integer, so what a page shows is what rotation compared."""
    blended = blend((_reputation(facts), _domain(facts), _placement(facts), _operations(facts)))
    capped = min([blended.value, *(cap.cap for cap in caps)])
    lowest_first = tuple(sorted(caps, key=lambda cap: cap.cap))
    return OverallScore(half_up(capped), blended, lowest_first, now)


def band(score: int) -> Band:
    """What a score of 0 to 100 is called."""
    return next(name for least, name in _BANDS if score >= least)


def _reputation(facts: OverallFacts) -> Part:
    # Its confidence is 1 although little may be known: its own part for that is in it already.
    return Part(
        "reputation", facts.reputation, WEIGHTS["reputation"], 1.0, "What receivers think of this inbox"
    )


def _domain(facts: OverallFacts) -> Part:
    if isinstance(facts.domain, NotKnown):
        return Part("domain", None, WEIGHTS["domain"], 0.0, f"Sending domain: {WORDS[facts.domain]}")
    return Part("domain", facts.domain, WEIGHTS["domain"], 1.0, "DNS and blocklists of the sending domain")


def _placement(facts: OverallFacts) -> Part:
    seen = facts.placement
    if isinstance(seen, NotKnown):
        return Part("placement", None, WEIGHTS["placement"], 0.0, f"Inbox placement: {WORDS[seen]}")
    text = f"{seen.inbox} of {seen.observed} warmup mails of 7 days were found in the inbox"
    return Part("placement", seen.score, WEIGHTS["placement"], seen.confidence, text)


def _operations(facts: OverallFacts) -> Part:
    attempts = facts.operations.attempts
    text = f"{facts.operations.failures} of the last {attempts} attempts met a soft failure, a throttle or no connection"
    score = _OPERATIONS_CURVE.at(facts.operations.failed_share)
    return Part("operations", score, WEIGHTS["operations"], min(1.0, attempts / ENOUGH_ATTEMPTS), text)
