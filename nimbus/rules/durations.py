"""Lengths of time and clock times in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def in_words(length: timedelta) -> str:
    """A length of time, rounded up to minutes: "3 h 10 min", "12 min", "2 d 4 h"."""
    minutes = max(1, -(-int(length.total_seconds()) // 60))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    shown = [f"{amount} {unit}" for amount, unit in parts if amount]
    return " ".join(shown[:2])


def ago(then: datetime, now: datetime) -> str:
    """How long ago something was: "just now", "12 min ago", "3 h ago", "5 d ago"."""
    length = now - then
    if length < timedelta(minutes=1):
        return "just now"
    return f"{in_words(length).split(' ')[0]} {in_words(length).split(' ')[1]} ago"


def clock_time(moment: datetime, timezone: str) -> str:
    """The time of day in an IANA zone, as 14:20."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%H:%M")


def day_and_month(moment: datetime, timezone: str) -> str:
    """The date in an IANA zone, as 12 Nov."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%-d %b")
