"""How parts that are known more or less surely make one score, and how much each of them gave to it.

What is not known pulls the score towards 70, the default floor of a campaign: an inbox about which nothing is known is
just acceptable. A missing part is never taken for 0, and never for 100 (`deliverability.md` 1.2 and 1.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PRIOR = 70.0  # the score of "we do not know"
PULL = 0.30  # its weight when nothing is known; with everything known it has none, so that 100 can be reached
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a score is made of. `score` is 0 to 100, None while it is not known."""

    name: str
    score: float | None
    weight: float
    confidence: float  # 0 to 1: how far its data can be trusted
    text: str  # where it comes from, for a person

    @property
    def counts(self) -> float:
        """Its weight as far as it is known."""
        return 0.0 if self.score is None else self.weight * self.confidence


@dataclass(frozen=True, slots=True)
class Share:
    """What a part gave to the score: `share` of 1, and that many `points` of the score."""

    part: Part
    share: float
    points: float

    def as_record(self) -> dict[str, Any]:
        """As it is stored with the score; numbers are kept to four places."""
        part = self.part
        return {
            "name": part.name,
            "score": None if part.score is None else round(part.score, 4),
            "weight": round(part.weight, 4),
            "confidence": round(part.confidence, 4),
            "share": round(self.share, 4),
            "points": round(self.points, 4),
            "text": part.text,
        }


@dataclass(frozen=True, slots=True)
class Blend:
    """A score before it is capped and rounded, with all that it is made of; the points add up to it."""

    value: float
    shares: tuple[Share, ...]

    def as_records(self) -> list[dict[str, Any]]:
        """All of them, as they are stored."""
        return [share.as_record() for share in self.shares]


def blend(parts: Sequence[Part]) -> Blend:
    """The weighted mean of what is known, drawn towards PRIOR by what is not."""
    known = sum(part.counts for part in parts)
    pull = PULL * max(0.0, 1 - known)
    whole = known + pull
    prior = Part(UNKNOWN, PRIOR, pull, 1.0, f"What is not known counts as {PRIOR:.0f}")
    shares = tuple(_share(part, whole) for part in (*parts, prior))
    return Blend(sum(share.points for share in shares), shares)


def _share(part: Part, whole: float) -> Share:
    share = part.counts / whole
    return Share(part, share, share * (part.score or 0.0))
