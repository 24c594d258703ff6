"""`bounce_rate_7d` and `complaint_rate_7d`, each with what was counted, and of how many.

A mail counts in the hour it was sent, and what is heard of it later counts there too: no rate exceeds 1.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from nimbus.rules.curves import half_up, percent

WINDOW = timedelta(hours=168)
ENOUGH_PRODUCTION = (
    20  # sends in the window: from here on warmup, whose addresses always exist, would only dilute
)
IMPORTED_SENDS = 100  # what a rate without counts is taken to be of
IMPORTED_DELIVERED = 1000


class Basis(StrEnum):
    """Which mail a rate was counted on."""

    PRODUCTION = "production"
    ALL = "all"  # production and warmup

    def in_words(self) -> str:
        """Of which mail a rate speaks."""
        return "production mail" if self is Basis.PRODUCTION else "all mail"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was sent in some hours, and what was heard of it."""

    sent: int = 0
    failed: int = 0  # permanent failures
    complaints: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.sent + other.sent, self.failed + other.failed, self.complaints + other.complaints)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int = 0
    of: int = 0

    @property
    def value(self) -> float:
        """0 to 1; 0 of nothing is 0."""
        return self.count / self.of if self.of else 0.0

    def in_words(self) -> str:
        """As a page shows it: "5.0 % (5 of 100)"."""
        return f"{self._share()} ({self.count:,} of {self.of:,})"

    def in_short(self) -> str:
        """As a narrow column shows it: "4.1 % (9/220)"; of too few to be a rate only the counts, "0 of 4"."""
        if self.of < ENOUGH_PRODUCTION:
            return f"{self.count} of {self.of}"
        return f"{self._share()} ({self.count:,}/{self.of:,})"

    def _share(self) -> str:
        return percent(self.value, 1 if self.value >= 0.01 or not self.count else 2)


class Rates(NamedTuple):
    """Both rates of a window, and the mail they were counted on."""

    bounce: Rate = Rate()
    complaint: Rate = Rate()
    basis: Basis = Basis.ALL


def window_start(now: datetime, judged_from: datetime | None = None) -> datetime:
    """The earliest hour of UTC that counts: one that the last 168 hours only touch counts whole.

    judged_from: of a health hold; the hour it lies in has mail from before it and does not count.
    """
    start = _hour_of(now - WINDOW)
    return start if judged_from is None else max(start, _hour_of(judged_from) + timedelta(hours=1))


def rates(production: Tally, warmup: Tally, imported: Rates | None = None) -> Rates:
    """The rates of a window; what another system reported within it adds to our own counts."""
    basis = Basis.PRODUCTION if production.sent >= ENOUGH_PRODUCTION else Basis.ALL
    counted = production if basis is Basis.PRODUCTION else production + warmup
    reported = imported or Rates()
    return Rates(
        Rate(counted.failed + reported.bounce.count, counted.sent + reported.bounce.of),
        Rate(
            counted.complaints + reported.complaint.count,
            counted.sent - counted.failed + reported.complaint.of,
        ),
        basis,
    )


def imported_rates(bounce: float | None, complaint: float | None) -> Rates:
    """Rates of 0 to 1 that came without counts, as counts; None where that system knows none."""
    return Rates(_imported(bounce, IMPORTED_SENDS), _imported(complaint, IMPORTED_DELIVERED))


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _imported(rate: float | None, of: int) -> Rate:
    return Rate() if rate is None else Rate(half_up(rate * of), of)
