"""The steps of a sequence: when each is due, and what ends it before its last step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nimbus.rules.reply_classes import BY_A_MACHINE, ReplyClass
from nimbus.rules.sending_hours import SendingHours

MOST_STEPS = 12
LONGEST_DELAY = 90  # days
AWAY_FOR = 5  # days, where an out-of-office reply does not say until when (`deliverability.md` 11.4)


class BadSteps(ValueError):
    """These steps are no sequence; a sentence says why."""


class Stop(StrEnum):
    """What ended a sequence."""

    REPLY = "reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    OPT_OUT = "opt_out"


SENTENCES: dict[Stop, str] = {
    Stop.REPLY: "They answered, so nothing more is sent by itself.",
    Stop.BOUNCE: "Their address takes no mail.",
    Stop.COMPLAINT: "They reported a message as spam.",
    Stop.OPT_OUT: "They asked for no more mail.",
}
_STOPS = {
    ReplyClass.BOUNCE: Stop.BOUNCE,
    ReplyClass.COMPLAINT: Stop.COMPLAINT,
    ReplyClass.UNSUBSCRIBE: Stop.OPT_OUT,
}
_WEIGHT = (Stop.COMPLAINT, Stop.OPT_OUT, Stop.BOUNCE, Stop.REPLY)  # the most protective first


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a campaign: for each the whole days after the step before it was sent; for the first, after launch."""

    delays: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.delays:
            raise BadSteps("There is no step yet. Write the first message.")
        if len(self.delays) > MOST_STEPS:
            raise BadSteps(f"These are {len(self.delays)} steps, and {MOST_STEPS} are the most.")
        for number, days in enumerate(self.delays, start=1):
            check_delay(number, days)


def check_delay(number: int, days: int) -> None:
    """Raise BadSteps where a step, counted from 1, cannot wait that long; only the first may leave at once."""
    least = 0 if number == 1 else 1
    if not least <= days <= LONGEST_DELAY:
        raise BadSteps(f"Step {number} waits {days} days. Choose {least} to {LONGEST_DELAY}.")


class Due(NamedTuple):
    """The next step (0 is the first) and when it is due, in UTC, at the start of a batch."""

    step: int
    at: datetime


def next_due(
    steps: Steps,
    hours: SendingHours,
    begun_at: datetime,
    sent: Sequence[datetime],
    *,
    away_until: datetime | None = None,
) -> Due | None:
    """The step that follows those that were sent (aware moments, in order); None after the last.

    Days are those of the hours' zone, so a step keeps its time of day when clocks change. `away_until` puts it off:
    see `away`. Raises NeverOpens, as the hours do.
    """
    if len(sent) >= len(steps.delays):
        return None
    zone = ZoneInfo(hours.zone)
    since = (sent[-1] if sent else begun_at).astimezone(zone)
    due = (since + timedelta(days=steps.delays[len(sent)])).astimezone(UTC)
    return Due(len(sent), hours.next_batch(max(due, away_until or due)))


def what_stops(heard: Iterable[ReplyClass]) -> Stop | None:
    """What ends a sequence, of all that was heard from a contact, the most protective first; None: it goes on.

    Every answer of a person ends it; answers of machines do not.
    """
    stops = {_STOPS.get(each, Stop.REPLY) for each in heard if each not in BY_A_MACHINE}
    return next((stop for stop in _WEIGHT if stop in stops), None)


def away(heard_at: datetime, back_on: date | None, zone: str) -> datetime:
    """Until when an out-of-office reply puts a sequence off, in UTC: the first working day after the day it names.

    Without such a day, or with one that is over, 5 days.
    """
    place = ZoneInfo(zone)
    heard_on = heard_at.astimezone(place).date()
    if back_on is None or back_on < heard_on:
        return (heard_at.astimezone(place) + timedelta(days=AWAY_FOR)).astimezone(UTC)
    day = back_on + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(), place).astimezone(UTC)
