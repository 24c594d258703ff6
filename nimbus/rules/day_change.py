"""What another time zone does to the day that sends are counted in."""

from datetime import datetime
from zoneinfo import ZoneInfo

from nimbus.rules.durations import day_and_month


def what_today_becomes(before: str, after: str, now: datetime) -> str:
    """What happens to today's counts when one IANA zone replaces another at this moment, as a sentence."""
    old, new = (now.astimezone(ZoneInfo(zone)).date() for zone in (before, after))
    today = day_and_month(now, after)
    if new > old:
        return f"In {after} it is {today} already: what counts today counts in that day too."
    if new < old:
        return f"In {after} it is still {today}: inboxes that have sent today wait until midnight there."
    return f"It is {today} in {after} too: today's counts go on, and end at midnight there."
