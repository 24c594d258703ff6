"""Whether a message may leave now: what the claim reads again in its own transaction.

Campaign and warmup mail obey the day's limit, the calendar and the domain's pause. What a person writes counts and
obeys only what stops everybody: a removed account, a suppressed address, a lost connection, a cooldown and the
provider's ceiling. Out of rotation (`is_active`) stops campaigns; warmup goes on (`design.md` 2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nimbus.rules.durations import in_words
from nimbus.rules.inbox_status import CONNECTION_SENTENCES
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_answers import Category, sentence
from nimbus.rules.send_state import BY_A_PERSON, GIVEN_UP_AFTER, SendKind

LOOK_AGAIN = timedelta(minutes=5)  # where a person or another job decides, no moment is known
CEILING_WINDOW = timedelta(hours=24)
_HOUR = timedelta(hours=1)

EVERYTHING = frozenset(SendKind)
BY_MACHINE = EVERYTHING - BY_A_PERSON
_CAMPAIGNS = frozenset({SendKind.CAMPAIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFacts:
    """What decides about one message at `now`; times are aware, counts include what is reserved.

    `used_by_hour` has what left in each hour of UTC, from `counted_since(now)` on; `last_used_day` is the inbox's
    latest day with a count; `suppressed_for` the reason of the recipient's suppression.
    """

    now: datetime
    timezone: str  # of the workspace, an IANA name
    inbox: str  # its address
    kind: SendKind
    recipient: str
    removed: bool
    suppressed_for: str | None
    is_active: bool
    connection_state: ConnectionState
    domain: str
    domain_pause_reason: str | None
    last_used_day: date | None
    used_today: int
    daily_limit: int  # today's, with everything that makes it less
    used_by_hour: Mapping[datetime, int]
    ceiling: int  # of the provider, over any 24 hours
    cooldown_until: datetime | None
    waits_for_owner: bool  # after a third complaint no clock frees it
    server_pause_reason: str | None = None  # its mail server is on a blocklist; the domain goes on

    @property
    def day(self) -> date:
        """The day that this send would count in."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: why, the moment it can pass or is looked at again, and which kinds of mail the reason stops.

    No kind at all: it stops this message alone.
    """

    sentence: str
    until: datetime
    stops: frozenset[SendKind] = EVERYTHING


@dataclass(frozen=True, slots=True)
class Never:
    """Not at all: the send ends with this category and sentence."""

    category: Category
    sentence: str


def why_not(facts: SendFacts) -> Wait | Never | None:
    """What stops this message, the final reasons first and then in the order of `deliverability.md` 8.1."""
    if facts.removed:
        return Never(Category.ACCOUNT_REMOVED, sentence(Category.ACCOUNT_REMOVED))
    if facts.suppressed_for is not None:
        said = sentence(Category.SUPPRESSED, recipient=facts.recipient, suppressed_for=facts.suppressed_for)
        return Never(Category.SUPPRESSED, said)
    for stops, stopped in _CHECKS:
        found = stopped(facts) if facts.kind in stops else None
        if found is not None:
            why, until = found
            return Wait(why, max(until, facts.now + timedelta(seconds=1)), stops)
    return None


def given_up(waited_for: str) -> Never:
    """What a message becomes that waited GIVEN_UP_AFTER for the reason that this sentence gives."""
    said = f"It could not be sent within {GIVEN_UP_AFTER.days} days: {waited_for} Send it again once that is settled."
    return Never(Category.EXPIRED, said)


def counted_since(now: datetime) -> datetime:
    """The earliest hour of UTC that counts for the ceiling: one that 24 hours only touch counts whole."""
    return _hour_of(now) - CEILING_WINDOW


_Stopped = tuple[str, datetime] | None


def _out_of_rotation(facts: SendFacts) -> _Stopped:
    if facts.is_active:
        return None
    return f"{facts.inbox} was taken out of rotation by a user.", facts.now + LOOK_AGAIN


def _not_connected(facts: SendFacts) -> _Stopped:
    if facts.connection_state is ConnectionState.OK:
        return None
    why = CONNECTION_SENTENCES[facts.connection_state]
    return f"{facts.inbox} must be reconnected. {why}.", facts.now + LOOK_AGAIN


def _domain_paused(facts: SendFacts) -> _Stopped:
    if facts.domain_pause_reason is not None:
        why = f"{facts.domain} is paused: {facts.domain_pause_reason}; all its inboxes wait."
    elif facts.server_pause_reason is not None:
        why = f"{facts.inbox} waits: {facts.server_pause_reason}."
    else:
        return None
    return why, facts.now + LOOK_AGAIN


def _clock_went_back(facts: SendFacts) -> _Stopped:
    last = facts.last_used_day
    if last is None or facts.day >= last:
        return None
    why = (
        f"{facts.inbox} has already sent on {_written(last)}, and in {facts.timezone} it is {_written(facts.day)}: "
        "it waits for that day, so that no day's limit is used twice."
    )
    return why, _begin_of(last, facts.timezone)


def _day_used_up(facts: SendFacts) -> _Stopped:
    if facts.used_today < facts.daily_limit:
        return None
    midnight = _begin_of(facts.day + timedelta(days=1), facts.timezone)
    why = (
        f"{facts.inbox} has used {facts.used_today:,} of {facts.daily_limit:,} today; "
        f"its limit is new at midnight {facts.timezone} (in {in_words(midnight - facts.now)})."
    )
    return why, midnight


def _ceiling_reached(facts: SendFacts) -> _Stopped:
    since = counted_since(facts.now)
    counted = {hour: used for hour, used in facts.used_by_hour.items() if hour >= since}
    total = left = sum(counted.values())
    if total < facts.ceiling:
        return None
    free_at = facts.now + LOOK_AGAIN
    for hour, used in sorted(counted.items()):
        left -= used
        free_at = hour + CEILING_WINDOW + _HOUR  # from then on `counted_since` lies after this hour
        if left < facts.ceiling:
            break
    why = (
        f"{facts.inbox} has sent {total:,} messages in 24 hours, and {facts.ceiling:,} are as many as its provider "
        f"lets it send; the next place is free in {in_words(free_at - facts.now)}."
    )
    return why, free_at


def _waits_for_owner(facts: SendFacts) -> _Stopped:
    if not facts.waits_for_owner:
        return None
    why = f"{facts.inbox} waits for an owner to look at its complaints."
    return why, facts.now + LOOK_AGAIN


def _cooling_down(facts: SendFacts) -> _Stopped:
    until = facts.cooldown_until
    if until is None or until <= facts.now:
        return None
    shown = until.astimezone(ZoneInfo(facts.timezone))
    return f"{facts.inbox} cools down until {shown:%H:%M} on {_written(shown.date())}.", until


_CHECKS: tuple[tuple[frozenset[SendKind], Callable[[SendFacts], _Stopped]], ...] = (
    (_CAMPAIGNS, _out_of_rotation),
    (EVERYTHING, _not_connected),
    (BY_MACHINE, _domain_paused),
    (BY_MACHINE, _clock_went_back),
    (BY_MACHINE, _day_used_up),
    (EVERYTHING, _ceiling_reached),
    (EVERYTHING, _waits_for_owner),
    (EVERYTHING, _cooling_down),
)


def _begin_of(day: date, timezone: str) -> datetime:
    """The first moment of a calendar day in an IANA zone, as UTC; where midnight is skipped, the moment of the skip."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _written(day: date) -> str:
    return f"{day:%-d %b}"
