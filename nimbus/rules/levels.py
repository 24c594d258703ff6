"""How bad a rate is. The raw rate alone never decides: one bounce among ten mails is 10 %, and means nothing.

Two bad addresses are bad luck, three are a list. And the rate must be bad beyond chance: the lower end of what the
true rate may be, with 90 % certainty, has to reach a second, smaller number.
"""

from enum import IntEnum
from math import sqrt
from typing import NamedTuple

from nimbus.rules.rates import Rate

Z = 1.2816  # of the normal distribution: nine in ten lie below


class Level(IntEnum):
    """From ELEVATED on an inbox is held, and nothing is promoted."""

    OK = 0
    WATCH = 1
    ELEVATED = 2
    CRITICAL = 3


class Threshold(NamedTuple):
    """A level is reached with at least so many events, this rate, and this lower bound."""

    level: Level
    events: int
    rate: float
    lower_bound: float


# Worst first. 5 % and 10 %, 0.1 % and 0.5 % are Amazon's lines, 0.1 % and 0.3 % Google's.
BOUNCE = (
    Threshold(Level.CRITICAL, 3, 0.10, 0.05),
    Threshold(Level.ELEVATED, 3, 0.05, 0.02),
    Threshold(Level.WATCH, 1, 0.02, 0.0),
)
COMPLAINT = (
    Threshold(Level.CRITICAL, 3, 0.005, 0.003),
    Threshold(Level.ELEVATED, 2, 0.003, 0.001),
    Threshold(Level.WATCH, 1, 0.001, 0.0),
)


def bounce_level(rate: Rate) -> Level:
    """How bad the permanent failures of a window are."""
    return _level(rate, BOUNCE)


def complaint_level(rate: Rate) -> Level:
    """How bad the complaints of a window are."""
    return _level(rate, COMPLAINT)


def lower_bound(count: int, of: int) -> float:
    """The least that the true rate may be: Wilson's bound, one-sided, 90 %; 0 of nothing is 0."""
    if not of:
        return 0.0
    share, square = count / of, Z * Z
    middle = share + square / (2 * of)
    width = Z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - width) / (1 + square / of)


def _level(rate: Rate, thresholds: tuple[Threshold, ...]) -> Level:
    bound = lower_bound(rate.count, rate.of)
    for threshold in thresholds:
        reached = rate.count >= threshold.events and rate.value >= threshold.rate
        if reached and bound >= threshold.lower_bound:
            return threshold.level
    return Level.OK
