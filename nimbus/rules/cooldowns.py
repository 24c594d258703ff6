"""The clock that keeps an inbox out of rotation: when it starts, how long it runs, and who may end it.

It ends by itself: whoever asks compares the time, and no job has to free an inbox.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nimbus.rules.cooldown_kinds import HEALTH, LADDERS, CooldownKind

REPEAT_WITHIN = timedelta(days=30)
LONGEST_RETRY_AFTER = timedelta(hours=24)
COMPLAINTS_UNTIL_OWNER = 3  # in 30 days: from then on a clock alone frees nobody


@dataclass(frozen=True, slots=True)
class Cooldown:
    """One cooldown of an inbox. `step` counts from 1 within 30 days; `ended_at` is set when somebody ended it early."""

    kind: CooldownKind
    began_at: datetime
    until: datetime
    step: int = 1
    ended_at: datetime | None = None
    is_acknowledged: bool = False

    def runs(self, now: datetime) -> bool:
        """Whether it keeps the inbox out now."""
        if self.ended_at is not None:
            return False
        return now < self.until or self.waits_for_owner

    @property
    def waits_for_owner(self) -> bool:
        """Whether its end alone does not free the inbox: the third complaint in 30 days."""
        is_third = self.kind is CooldownKind.COMPLAINT and self.step >= COMPLAINTS_UNTIL_OWNER
        return is_third and not self.is_acknowledged


def begin(
    kind: CooldownKind,
    now: datetime,
    before: Iterable[Cooldown],
    *,
    retry_after: timedelta = timedelta(),
) -> Cooldown:
    """The cooldown that an event of this kind starts; `before` has the earlier ones of the inbox.

    retry_after: what the provider asked for; it lengthens the clock, up to a day. An event within a cooldown of its
    kind makes that longer and never shorter. For a chosen time, use `by_hand`.
    """
    repeats = [past for past in before if past.kind is kind and past.began_at > now - REPEAT_WITHIN]
    duration = max(LADDERS[kind].duration(len(repeats)), min(retry_after, LONGEST_RETRY_AFTER))
    standing = [past.until for past in repeats if past.ended_at is None]
    return Cooldown(kind, now, max([now + duration, *standing]), len(repeats) + 1)


def by_hand(now: datetime, until: datetime) -> Cooldown:
    """A cooldown that a person chose."""
    return Cooldown(CooldownKind.MANUAL, now, max(now, until))


def running(cooldowns: Iterable[Cooldown], now: datetime) -> frozenset[CooldownKind]:
    """The kinds that keep an inbox out now."""
    return frozenset(cooldown.kind for cooldown in cooldowns if cooldown.runs(now))


def cooling_until(cooldowns: Sequence[Cooldown], now: datetime) -> datetime | None:
    """`cooldown_until`: when the last clock ends; None while none runs. One that waits for an owner is told apart."""
    return max((each.until for each in cooldowns if each.runs(now) and each.until > now), default=None)


def ends_on(cooldowns: Iterable[Cooldown], day: date, timezone: str) -> bool:
    """Whether an inbox comes out of a cooldown about its health on this day of an IANA zone: a day of few mails."""
    ends = (each.ended_at or each.until for each in cooldowns if each.kind in HEALTH)
    return any(end.astimezone(ZoneInfo(timezone)).date() == day for end in ends)


def why_not_end(cooldown: Cooldown) -> str | None:
    """Why a person cannot end this one early; None: an admin may."""
    if cooldown.kind is CooldownKind.COMPLAINT and cooldown.step > 1:
        return "A second complaint within 30 days has to be sat out."
    return None
