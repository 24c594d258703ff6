"""When a campaign may send: days and hours in a time zone, in batches every quarter of an hour (`deliverability.md` 8.5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

BATCH = timedelta(minutes=15)  # they begin at :00, :15, :30 and :45, in every zone that there is today
DAY = 24 * 60  # minutes
WORKDAYS = frozenset(range(5))  # Monday is 0
LONGEST_WAIT = timedelta(hours=6)  # for a cause whose end nobody knows
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# A quarter of an hour that a spring takes away on its only day is there again the week after.
_LOOKS_AHEAD = timedelta(days=15)


class NeverOpens(ValueError):
    """These hours hold no moment at which a batch begins; a sentence says why."""


@dataclass(frozen=True, slots=True)
class SendingHours:
    """The hours of a campaign, from `opens` up to `closes` (minutes since midnight, 1440 is the end of the day).

    Raises NeverOpens for hours that hold no batch.
    """

    zone: str
    days: frozenset[int] = WORKDAYS
    opens: int = 9 * 60
    closes: int = 17 * 60
    _place: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_place", ZoneInfo(self.zone))
        except (ZoneInfoNotFoundError, ValueError):
            raise NeverOpens(f"There is no time zone called “{self.zone}”.") from None
        if not self.days or not self.days <= set(range(7)):
            raise NeverOpens("These hours never open: choose one day at least.")
        if not 0 <= self.opens < self.closes <= DAY:
            raise NeverOpens(
                f"These hours never open: {_clock(self.opens)} is not before {_clock(self.closes)}. "
                "Hours end on the day on which they begin."
            )
        if -(-self.opens // 15) * 15 >= self.closes:
            raise NeverOpens(
                f"These hours never open for a batch: no quarter of an hour begins between {_clock(self.opens)} "
                f"and {_clock(self.closes)}."
            )

    def is_open(self, moment: datetime) -> bool:
        """Whether a campaign may send at this moment (aware)."""
        local = moment.astimezone(self._place)
        return local.weekday() in self.days and self.opens <= local.hour * 60 + local.minute < self.closes

    def next_batch(self, moment: datetime) -> datetime:
        """The first start of a batch at this moment (aware) or after it, in UTC."""
        start = _quarter_at_or_after(moment)
        for number in range(_LOOKS_AHEAD // BATCH):
            if self.is_open(start + number * BATCH):
                return start + number * BATCH
        raise NeverOpens(f"These hours do not open within {_LOOKS_AHEAD.days} days.")

    def window_end(self, moment: datetime) -> datetime:
        """When the hours that are open at this moment close, in UTC: the first quarter in which they are not open."""
        end = _quarter_at_or_after(moment + timedelta(microseconds=1))
        while self.is_open(end) and end - moment < _LOOKS_AHEAD:
            end += BATCH
        return end

    @property
    def in_words(self) -> str:
        """For people: “Mon–Fri 09:00–17:00, Europe/Paris”."""
        days = sorted(self.days)
        together = len(days) > 2 and days[-1] - days[0] == len(days) - 1
        named = (
            f"{_NAMES[days[0]]}–{_NAMES[days[-1]]}" if together else ", ".join(_NAMES[day] for day in days)
        )
        return f"{named} {_clock(self.opens)}–{_clock(self.closes)}, {self.zone}"


def next_try(
    hours: SendingHours, now: datetime, passes: Iterable[datetime | None], *, deferrals: int
) -> datetime:
    """When a send that found no inbox is tried again: the first batch at which any inbox could pass.

    passes: for each inbox the moment from which it could, None where nobody knows, which waits for 1, 1, 2, 4, 8 …
    batches, 6 h at most. deferrals: how often this send was deferred before. Raises NeverOpens.
    """
    soonest = now + timedelta(seconds=1)
    unknown = (
        _quarter_at_or_after(soonest) + min(2 ** max(0, min(deferrals, 10) - 1) * BATCH, LONGEST_WAIT) - BATCH
    )
    return hours.next_batch(max(soonest, min((each or unknown for each in passes), default=unknown)))


def _quarter_at_or_after(moment: datetime) -> datetime:
    whole = moment.astimezone(UTC)
    start = whole.replace(minute=whole.minute // 15 * 15, second=0, microsecond=0)
    return start if start == whole else start + BATCH


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
