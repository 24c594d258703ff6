"""When a token is renewed, and when a renewal that failed is tried again."""

from datetime import datetime, timedelta

# For one renewal: 15 seconds for the provider, and 30 for a database that has to come back.
LEASE = timedelta(seconds=60)
_EARLIEST, _LATEST = timedelta(minutes=15), timedelta(minutes=5)  # before the token's end
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=10)


def renewal_at(moment: datetime, lasts: timedelta, *, chance: float) -> datetime:
    """When a token that was given now and lasts so long is renewed: 15 to 5 minutes before its end.

    chance, 0 to 1, spreads a fleet that signed in together. A token for less than half an hour is renewed in the
    second half of its life.
    """
    early = min(_EARLIEST, lasts / 2)
    late = min(_LATEST, lasts / 6)
    return moment + lasts - early + (early - late) * chance


def retry_at(moment: datetime, refusals: int, *, chance: float) -> datetime:
    """When the provider is asked again after so many failures in a row that proved nothing: 15 s, doubled to 10 min.

    chance, 0 to 1, makes a pause up to a quarter longer, so that a fleet does not come back all at once.
    """
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(refusals - 1, 10)))
    return moment + pause * (1 + chance / 4)
