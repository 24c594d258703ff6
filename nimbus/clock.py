"""The one clock: every "now" of the product comes from here, so that a test or the practice world can move it."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import current_app


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, as an aware UTC datetime."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """The machine's clock plus an offset that can be moved forward."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, **by: float) -> None:
        """Move the clock forward; takes the arguments of timedelta."""
        self.offset += timedelta(**by)


class FileClock:
    """The machine's clock plus the seconds that a file holds, read again whenever that was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        # A file that is away, or half written, leaves the clock where it was.
        with suppress(OSError, ValueError, OverflowError):
            written = self._path.stat().st_mtime_ns
            if written != self._written:
                self._ahead = timedelta(seconds=float(self._path.read_text(encoding="ascii")))
                self._written = written
        return datetime.now(UTC) + self._ahead


def now() -> datetime:
    """The current time as an aware UTC datetime. Needs an application context."""
    clock: Clock = current_app.extensions["nimbus.clock"]
    return clock.now()


def local_day(moment: datetime, timezone: str) -> date:
    """The calendar day of a moment in an IANA time zone: the day of `sends_today`."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def next_midnight(moment: datetime, timezone: str) -> datetime:
    """When the next calendar day begins in an IANA time zone, as UTC: when a day's budget is new."""
    zone = ZoneInfo(timezone)
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC)
