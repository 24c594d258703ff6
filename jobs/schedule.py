"""The whole timetable, and `python -m jobs.schedule`, which keeps it; any number may run, one of them is at work."""

import logging
import signal
import sys
import time
from contextlib import suppress
from threading import Event
from typing import NamedTuple

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from nimbus import logs
from nimbus.errors import NimbusError
from nimbus.processes import apart
from nimbus.queue_server import queue_url
from nimbus.queues import (
    CHECK_DUE_DOMAINS,
    PURGE,
    REFRESH_TOKENS,
    REVIEW_DUE,
    ROTATE_DUE_KEYS,
    RUN_DUE_BATCHES,
    SCHEDULER_KEY,
    SWEEP,
    SYNC_DUE,
    connect,
    enqueue,
)
from nimbus.settings import Settings, load_settings


class Every(NamedTuple):
    """A job without arguments and the seconds between two requests for it."""

    job: str
    seconds: int


TIMETABLE = (
    Every(SWEEP, 5),
    Every(PURGE, 3600),
    Every(ROTATE_DUE_KEYS, 30),
    Every(REFRESH_TOKENS, 60),
    Every(REVIEW_DUE, 60),
    Every(CHECK_DUE_DOMAINS, 60),
    # A campaign's row says when its batch is due, at a quarter of an hour; one that was cut off goes on within a minute.
    Every(RUN_DUE_BATCHES, 60),
    Every(SYNC_DUE, 10),
)
LEASE_SECONDS = 15

log = logging.getLogger(__name__)


class Scheduler:
    """Rings for what is due while it holds the lease; the lease is also its sign of life."""

    def __init__(self, connection: Redis, timetable: tuple[Every, ...] = TIMETABLE) -> None:
        self.connection = connection
        self.timetable = timetable
        self.lease = Lock(connection, SCHEDULER_KEY, timeout=LEASE_SECONDS, thread_local=False)
        self.due: dict[str, float] = {}
        self.cut_off = False

    def tick(self, moment: float) -> None:
        """Ring for everything due at this moment (monotonic seconds); at first that is everything."""
        try:
            if self._hold():
                self._ring(moment)
            self.cut_off = False
        except RedisError as error:
            if not self.cut_off:
                log.warning("The scheduler cannot reach the queue and keeps trying: %s", error)
            self.cut_off = True

    def let_go(self) -> None:
        """Give the lease back, so that another scheduler can take over at once."""
        with suppress(RedisError):
            self.lease.release()

    def _hold(self) -> bool:
        try:
            return bool(self.lease.reacquire())
        except LockError:  # never had it, or lost it
            return bool(self.lease.acquire(blocking=False))

    def _ring(self, moment: float) -> None:
        for entry in self.timetable:
            if moment >= self.due.get(entry.job, moment):
                enqueue(self.connection, entry.job)
                self.due[entry.job] = moment + entry.seconds


def refuse_wrong_key(settings: Settings) -> None:
    """Raise NimbusError, with what to do, where nothing may be asked for, and when the database is away."""
    from sqlalchemy.exc import OperationalError

    from nimbus.services.instance_state import key_problem_in

    try:
        problem = key_problem_in(settings)
    except OperationalError as error:
        raise NimbusError(f"The database cannot be used: {error.orig}") from None
    if problem:
        raise NimbusError(problem)


def main() -> int:
    """The command; 0 when it was asked to stop."""
    try:
        settings = load_settings()
        apart(refuse_wrong_key, settings)  # all that a scheduler needs the database for
    except NimbusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    logs.configure(settings.log_level)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    scheduler = Scheduler(connect(queue_url(settings)))
    while True:
        scheduler.tick(time.monotonic())
        if stop.wait(1):
            break
    scheduler.let_go()
    return 0


if __name__ == "__main__":
    sys.exit(main())
