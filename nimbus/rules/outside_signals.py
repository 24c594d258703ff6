"""What Google, Microsoft and Yahoo say of a sender, with the reasons why most inboxes know nothing of it.

A figure is about a day, and ages from that day on, whenever it was fetched. Rates are shares of 0 to 1.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nimbus.rules.curves import Curve

# Anchors: 0.1 % and 0.3 % are Google's and Yahoo's lines, 0.5 % is where Amazon stops a sender.
SPAM_CURVE = Curve(((0, 100), (0.0005, 95), (0.001, 85), (0.002, 55), (0.003, 30), (0.005, 10), (0.01, 0)))
MANY_DELIVERY_ERRORS = 0.05


class NotKnown(StrEnum):
    """Why there is no figure. All count alike, in that they do not count; only the words differ."""

    NOT_CONNECTED = "not_connected"
    NOT_APPLICABLE = "not_applicable"
    NO_DATA = "no_data"


WORDS = {
    NotKnown.NOT_CONNECTED: "not connected, so nothing is known",
    NotKnown.NOT_APPLICABLE: "does not exist for this kind of inbox",
    NotKnown.NO_DATA: "no data yet",
}


class LegacyBand(StrEnum):
    """Postmaster's grades until 2025; they come in old data only."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    BAD = "bad"


BAND_SCORES = {LegacyBand.HIGH: 100, LegacyBand.MEDIUM: 75, LegacyBand.LOW: 35, LegacyBand.BAD: 5}


class SndsColour(StrEnum):
    """How much of the mail from an address Microsoft took for spam: under 10 %, up to 90 %, more."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


COLOUR_SCORES = {SndsColour.GREEN: 100, SndsColour.YELLOW: 55, SndsColour.RED: 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """Gmail's view of a domain on a day: the spam rate, or in old data a band."""

    day: date
    spam_rate: float | None = None
    band: LegacyBand | None = None
    needs_work: bool = False  # the compliance verdict
    delivery_errors: float = 0.0  # the share of mail that was turned away for its reputation

    @property
    def score(self) -> float | None:
        """0 to 100; None where the day has neither rate nor band."""
        if self.spam_rate is not None:
            score = SPAM_CURVE.at(self.spam_rate)
        elif self.band is not None:
            score = BAND_SCORES[self.band]
        else:
            return None
        score = min(score, 60) if self.needs_work else score
        return min(score, 50) if self.delivery_errors > MANY_DELIVERY_ERRORS else score


@dataclass(frozen=True, slots=True, kw_only=True)
class Snds:
    """Microsoft's view of an address of ours on a day."""

    day: date
    colour: SndsColour
    traps: int = 0  # spam traps that were hit
    complaint_rate: float = 0.0

    @property
    def score(self) -> float:
        """0 to 100: the colour's, cut by traps and complaints."""
        cuts = [(self.traps >= 1, 60), (self.traps >= 3, 30)]
        cuts += [(self.complaint_rate >= 0.001, 70), (self.complaint_rate >= 0.003, 40)]
        return min([COLOUR_SCORES[self.colour], *(cut for holds, cut in cuts if holds)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Yahoo:
    """Complaints over 28 days from recipients whose mail Yahoo keeps; `day` is the feed's last sign of life."""

    day: date
    complaints: int
    sent: int

    @property
    def score(self) -> float:
        """0 to 100, from a rate that starts at 0.05 % with the weight of 200 mails."""
        return SPAM_CURVE.at((self.complaints + 0.1) / (self.sent + 200))
