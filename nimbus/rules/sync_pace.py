"""When an inbox is read again, how far back a first look goes, and what “synced” means."""

from datetime import date, datetime, timedelta

LEASE = timedelta(minutes=3)  # renewed with each page; a worker that is silent for longer has died
MAILBOX_SECONDS = 60.0  # at one inbox; what is left there is fetched when others have had their turn
AT_ONCE_PER_HOST = 8  # connections to one server, of all workers together
RELISTED_AFTER = timedelta(hours=24)  # folders come and go
FIRST_DAYS = 14  # a report about a message of ours is believed for so long (`reliability.md` 3, row 8)
FIRST_MOST = 1000  # messages of a folder that was never read
OVERLAP = timedelta(
    days=2
)  # that are read again where a folder's numbers have changed: servers count days differently
SYNCED_WITHIN = timedelta(minutes=30)
TROUBLE_FROM = 3  # failures in a row, of those that pass by themselves

_MINUTE = timedelta(minutes=1)
_PAUSES = (  # since something last came or left: how long until the next look
    (timedelta(hours=1), _MINUTE),
    (timedelta(days=1), 2 * _MINUTE),
    (timedelta(days=7), 5 * _MINUTE),
)
_QUIET = 10 * _MINUTE
_RETRY_FIRST, _RETRY_LAST = 2 * _MINUTE, timedelta(hours=1)
_REFUSED = (timedelta(hours=1), timedelta(hours=6))  # a password that is tried too often locks people out
_REFUSED_LATER = timedelta(hours=24)


def next_look(now: datetime, active_at: datetime | None) -> datetime:
    """When an inbox without trouble is read again; `active_at` is when mail last came to it or left it."""
    quiet_for = now - active_at if active_at else timedelta.max
    return now + next((pause for until, pause in _PAUSES if quiet_for < until), _QUIET)


def next_try(now: datetime, failures: int, *, is_permanent: bool) -> datetime:
    """When an inbox is tried again after so many failures in a row; permanent ones wait for a person, and look rarely."""
    if is_permanent:
        return now + (_REFUSED[failures - 1] if failures <= len(_REFUSED) else _REFUSED_LATER)
    return now + min(_RETRY_FIRST * (1 << min(failures - 1, 10)), _RETRY_LAST)


def is_trouble(failures: int, *, is_permanent: bool) -> bool:
    """Whether a failure is worth a person's look; a server that is away for a moment is not."""
    return is_permanent or failures >= TROUBLE_FROM


def is_synced(now: datetime, synced_at: datetime | None) -> bool:
    """Whether everything that came until a moment ago has been fetched."""
    return synced_at is not None and now - synced_at <= SYNCED_WITHIN


def read_since(now: datetime, synced_at: datetime | None) -> date:
    """The day from which a folder without a cursor is read."""
    return (now - timedelta(days=FIRST_DAYS) if synced_at is None else synced_at - OVERLAP).date()
