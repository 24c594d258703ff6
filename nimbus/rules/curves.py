"""Straight lines between known points, and the one way in which scores are rounded."""

import math
from itertools import pairwise
from typing import NamedTuple


class Curve(NamedTuple):
    """Points (x, score) in the order of x; linear between them, and flat beyond both ends."""

    points: tuple[tuple[float, float], ...]

    def at(self, x: float) -> float:
        """The score at x."""
        if x <= self.points[0][0]:
            return self.points[0][1]
        for (left, low), (right, high) in pairwise(self.points):
            if x <= right:
                return low + (high - low) * (x - left) / (right - left)
        return self.points[-1][1]


def half_up(value: float) -> int:
    """The nearest whole number, halves upwards; what arithmetic adds beyond nine places does not decide."""
    return math.floor(round(value, 9) + 0.5)


def percent(share: float, places: int = 0) -> str:
    """A share of 0 to 1 in words: "5.0 %" with one place."""
    return f"{100 * share:.{places}f} %"
