"""What starts a cooldown. Each looks at what has happened since the last one of its kind began: one burst counts once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from nimbus.rules.outcomes import KEPT_PRODUCTION, Attempt, Outcome, Stream, sends
from nimbus.rules.placement import Placement

BURST = 3  # permanent failures among the last KEPT_PRODUCTION production sends
ANSWERS_OF_ITS_PACE, PACE_WITHIN = 3, timedelta(minutes=60)
BLOCKS, BLOCKS_WITHIN = 2, timedelta(hours=24)
FAILED_CONNECTIONS = 3  # in a row
LEAST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=24)


def is_bounce_burst(attempts: Iterable[Attempt], since: datetime | None) -> bool:
    """Whether too many of the last production sends failed for good; `since` is when the last burst was noticed."""
    recent = [
        attempt
        for attempt in attempts
        if attempt.stream is Stream.PRODUCTION and (since is None or attempt.at > since)
    ]
    last = sends(recent)[-KEPT_PRODUCTION:]
    return sum(attempt.outcome is Outcome.PERMANENT for attempt in last) >= BURST


def is_throttled(answers: Sequence[datetime], now: datetime) -> bool:
    """Whether an interface has said "slow down" for the third time within an hour; before that it is only pacing."""
    return sum(now - PACE_WITHIN < moment <= now for moment in answers) >= ANSWERS_OF_ITS_PACE


def is_blocked(refusals: Sequence[datetime], now: datetime) -> bool:
    """Whether a second receiver within a day refused this inbox for its reputation."""
    return sum(now - BLOCKS_WITHIN < moment <= now for moment in refusals) >= BLOCKS


def is_cut_off(failures_in_a_row: int) -> bool:
    """Whether its server could not be reached three times in a row."""
    return failures_in_a_row >= FAILED_CONNECTIONS


def has_dropped(placement: Placement) -> bool:
    """Whether most of its warmup mail goes to spam."""
    return placement.is_low


def pace_pause(retry_after: timedelta) -> timedelta:
    """How long to wait after one "slow down" of an interface: what it asks for, within half a minute and a day."""
    return min(max(retry_after, LEAST_PAUSE), LONGEST_PAUSE)
