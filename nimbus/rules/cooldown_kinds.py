"""What an inbox cools down from: for how long, longer with each repeat, and what rests meanwhile."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class CooldownKind(StrEnum):
    """Why an inbox rests. A failed sign-in is none of these: no clock repairs a password, so it is a state."""

    BOUNCE_BURST = "bounce_burst"
    COMPLAINT = "complaint"
    THROTTLE = "throttle"
    PROVIDER_DAILY_LIMIT = "provider_daily_limit"
    REPUTATION_BLOCK = "reputation_block"
    PLACEMENT_DROP = "placement_drop"
    CONNECTION = "connection"
    MANUAL = "manual"

    @property
    def in_words(self) -> str:
        """As a page names it, within a sentence."""
        return _WORDS[self]


_WORDS = {
    CooldownKind.BOUNCE_BURST: "a bounce burst",
    CooldownKind.COMPLAINT: "a complaint",
    CooldownKind.THROTTLE: "throttling by the provider",
    CooldownKind.PROVIDER_DAILY_LIMIT: "the provider's daily limit",
    CooldownKind.REPUTATION_BLOCK: "blocks for its reputation",
    CooldownKind.PLACEMENT_DROP: "a drop in inbox placement",
    CooldownKind.CONNECTION: "failed connections",
    CooldownKind.MANUAL: "a person's decision",
}


class WarmupMeanwhile(StrEnum):
    """What warmup does during a cooldown. Campaigns and replies always rest."""

    GOES_ON = "goes_on"
    HALVED = "halved"
    STOPS = "stops"


@dataclass(frozen=True, slots=True)
class Ladder:
    """The first cooldown of a kind, by how much each repeat within 30 days is longer, and the longest."""

    first: timedelta
    factor: int
    longest: timedelta
    warmup: WarmupMeanwhile

    def duration(self, repeats: int) -> timedelta:
        """How long a cooldown lasts that so many came before."""
        length = self.first
        for _ in range(repeats):
            length = min(length * self.factor, self.longest)
        return length


_WEEK = 168 * _HOUR
LADDERS = {
    CooldownKind.BOUNCE_BURST: Ladder(24 * _HOUR, 2, _WEEK, WarmupMeanwhile.GOES_ON),
    CooldownKind.COMPLAINT: Ladder(24 * _HOUR, 3, _WEEK, WarmupMeanwhile.GOES_ON),
    CooldownKind.THROTTLE: Ladder(15 * _MINUTE, 4, 24 * _HOUR, WarmupMeanwhile.STOPS),
    CooldownKind.PROVIDER_DAILY_LIMIT: Ladder(24 * _HOUR, 1, 24 * _HOUR, WarmupMeanwhile.STOPS),
    CooldownKind.REPUTATION_BLOCK: Ladder(48 * _HOUR, 2, _WEEK, WarmupMeanwhile.HALVED),
    CooldownKind.PLACEMENT_DROP: Ladder(72 * _HOUR, 2, _WEEK, WarmupMeanwhile.GOES_ON),  # it is the cure
    CooldownKind.CONNECTION: Ladder(5 * _MINUTE, 3, 6 * _HOUR, WarmupMeanwhile.STOPS),
}
HEALTH = frozenset(
    {
        CooldownKind.BOUNCE_BURST,
        CooldownKind.COMPLAINT,
        CooldownKind.REPUTATION_BLOCK,
        CooldownKind.PLACEMENT_DROP,
    }
)  # it is about the inbox's standing: nothing is promoted meanwhile, and the first day after it is a small one
