"""How bad a rate is, and from where on something happens, in words; the numbers are those of `levels` and `health_hold`."""

from enum import StrEnum
from typing import NamedTuple

from nimbus.rules.curves import percent
from nimbus.rules.health_hold import BOUNCE_CLEARS, COMPLAINT_CLEARS
from nimbus.rules.levels import BOUNCE, COMPLAINT, Level, Threshold
from nimbus.rules.rates import Rate


class Counted(StrEnum):
    """Which rate."""

    BOUNCES = "bounces"
    COMPLAINTS = "complaints"


class Line(NamedTuple):
    """A level: its name, from where on it is reached, and what it does."""

    level: str
    begins: str
    does: str


_THRESHOLDS = {Counted.BOUNCES: BOUNCE, Counted.COMPLAINTS: COMPLAINT}
_CLEARS = {Counted.BOUNCES: BOUNCE_CLEARS, Counted.COMPLAINTS: COMPLAINT_CLEARS}
_DOES = {
    Level.WATCH: "shown, and nothing else happens",
    Level.ELEVATED: "a health hold: warmup rests, nothing is promoted, score and today's number are cut",
    Level.CRITICAL: "as elevated, with a deeper cut of the score, and two stages are lost",
}


def level_in_words(level: Level) -> str:
    """The level of a rate, as a sentence."""
    does = _DOES.get(level)
    return "Fine" if does is None else f"{level.name.capitalize()}: {does}"


def levels_of(counted: Counted) -> tuple[Line, ...]:
    """The levels of a rate, the mildest first."""
    return tuple(
        Line(each.level.name.capitalize(), _begins(each, counted), _DOES[each.level])
        for each in reversed(_THRESHOLDS[counted])
    )


def why_held(bounces: Rate, complaints: Rate) -> str:
    """The rates of a held inbox beside the lines where a hold begins; one of which nothing is counted is left out."""
    rates = {Counted.BOUNCES: bounces, Counted.COMPLAINTS: complaints}
    said = [
        f"{counted} {rate.in_words()}, limit {_hold_begins(counted)}"
        for counted, rate in rates.items()
        if rate.count
    ]
    return (
        f"{said[0][0].upper()}{'; '.join(said)[1:]}"
        if said
        else "No bounce or complaint in seven days any more"
    )


def hold_ends(counted: Counted) -> str:
    """Where a rate has to be for a health hold to end."""
    return f"under {percent(_CLEARS[counted], 1)} on two checks a day apart"


def _hold_begins(counted: Counted) -> str:
    [line] = [each.rate for each in _THRESHOLDS[counted] if each.level is Level.ELEVATED]
    return f"{100 * line:g} %"


def _begins(threshold: Threshold, counted: Counted) -> str:
    least = f"{threshold.events} {counted if threshold.events > 1 else counted.removesuffix('s')}"
    said = f"{percent(threshold.rate, 1)} with {least} or more"
    if threshold.lower_bound:
        said += f", and surely {percent(threshold.lower_bound, 1)}"
    return said
