"""How facts lose their weight with age: figures from outside, and our own counts."""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

HALF_LIFE = 7  # days: a 7-day window would forget everything in a silent week, a score must not
COUNTED_DAYS = 28


class Freshness(NamedTuple):
    """For how many days a figure counts in full, in how many it then halves, and when it is dropped."""

    grace: int
    half_life: int
    drop: int

    def at(self, age: int) -> float:
        """The weight, 0 to 1, of a figure about a day so many days ago; a day in the future is today."""
        if age > self.drop:
            return 0.0
        return halved(max(0, age - self.grace) / self.half_life)


POSTMASTER = Freshness(grace=3, half_life=7, drop=30)  # data comes one to three days late
SNDS = Freshness(grace=2, half_life=5, drop=21)  # daily, and an address's standing changes faster
YAHOO = Freshness(grace=7, half_life=14, drop=60)  # a feed of events: silence is normal


def age_in_days(day: date, now: datetime) -> int:
    """How many days ago a day of UTC was; 0 for one that has not come yet."""
    return max(0, (now.astimezone(UTC).date() - day).days)


def decayed(counts: Iterable[tuple[int, float]]) -> float:
    """The sum of counts by their age in whole days, each weighing half as much for every week; none after 28 days."""
    return sum(count * halved(age / HALF_LIFE) for age, count in counts if age < COUNTED_DAYS)


def halved(times: float) -> float:
    """What is left of 1 after so many halvings."""
    return math.pow(0.5, times)
