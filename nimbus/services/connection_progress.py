"""A test that this process runs: its progress, its lease, and the signs of life that renew it.

A step may take a millisecond or fifteen seconds. Writing each as it begins would cost a quick test more than its
network, so a second thread writes what has changed a few times a second, as often as anybody could see it.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from nimbus.clock import Clock, now
from nimbus.database import quick_write
from nimbus.models import ConnectionTest
from nimbus.models.base import UtcDateTime, table_of
from nimbus.rules.connection_test import Leg, State, Step
from nimbus.services.prepared import Writing

LEASE = timedelta(seconds=20)  # without a sign of life for that long, a test has lost its worker
_WRITE_EVERY = 0.25  # seconds, while something changes
_BEAT_EVERY = 1.0  # seconds, while nothing does; Stop is noticed as fast


class StoppedMeanwhile(Exception):
    """The row no longer belongs to this worker, most likely because somebody pressed Stop. Save nothing."""


def lease(moment: datetime) -> datetime:
    """Until when a worker that gives a sign of life now is believed to live."""
    return moment + LEASE


_TESTS = table_of(ConnectionTest)
# Statements of the way that somebody waits for are made once: building one costs three times what running it does.
OF_OWNER = sa.and_(  # the fence: true of a test only while this owner runs it and its lease lasts
    _TESTS.c.id == sa.bindparam("of_test"),
    _TESTS.c.owner == sa.bindparam("of_owner"),
    _TESTS.c.state == State.RUNNING,
    # Once the lease is over, the page has said that the test was interrupted, and that stays so.
    _TESTS.c.lease_until >= sa.bindparam("at_moment"),
)
_RENEW = sa.update(_TESTS).where(OF_OWNER)
_CLAIM = (
    sa.update(_TESTS)
    .where(
        _TESTS.c.workspace_id == sa.bindparam("of_workspace"),
        _TESTS.c.id == sa.bindparam("of_test"),
        sa.or_(
            _TESTS.c.state == State.QUEUED,
            sa.and_(_TESTS.c.state == State.WAITING, _TESTS.c.next_look_at <= sa.bindparam("moment")),
        ),
    )
    .values(
        state=State.RUNNING,
        owner=sa.bindparam("new_owner"),
        lease_until=sa.bindparam("new_lease"),
        started_at=sa.func.coalesce(_TESTS.c.started_at, sa.bindparam("moment", type_=UtcDateTime)),
    )
    .returning(*_TESTS.c)
)


def claim(writing: Writing, workspace_id: int, test_id: int) -> ConnectionTest | None:
    """Take a test that is queued, or whose next look is due, for a new owner; None when there is nothing to take.

    That the update found its row is the lock: of several workers that ring for the same test, one gets it.
    """
    moment = now()
    asked = {
        "of_workspace": workspace_id,
        "of_test": test_id,
        "moment": moment,
        "new_owner": secrets.token_hex(8),
        "new_lease": lease(moment),
    }
    taken = writing.rows(_CLAIM, asked)
    return ConnectionTest(**taken[0]._asdict()) if taken else None


class Progress:
    """Watches a test's steps; used as a context, within which the lease is kept alive.

    `test` is the row as it was claimed. A later look at a mailbox repeats steps that the page has shown already,
    so it adds nothing to `entries`.
    """

    def __init__(self, test: ConnectionTest, *, engine: Engine, clock: Clock) -> None:
        self.test = test
        self.is_first_run = test.handed_over_at is None
        self.entries: list[list[str]] = [] if self.is_first_run else [list(entry) for entry in test.progress]
        self._engine = engine
        self._clock = clock
        self._done = Event()
        self._lost = False
        self.handed_over_at = test.handed_over_at
        self._pulse = Thread(target=self._keep_writing, daemon=True)

    def __enter__(self) -> Self:
        self._pulse.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._pulse.join()

    @property
    def fence(self) -> dict[str, Any]:
        """What OF_OWNER asks for, now."""
        return {"of_test": self.test.id, "of_owner": self.test.owner, "at_moment": self._clock.now()}

    def began(self, leg: Leg, step: Step) -> None:
        if self._lost:
            raise StoppedMeanwhile
        if self.is_first_run:
            self.entries = [*self.entries, [leg, step, "running", ""]]

    def passed(self, leg: Leg, step: Step, detail: str) -> None:
        if self.is_first_run:
            self.entries = [*self.entries[:-1], [leg, step, "passed", detail]]

    def found(self) -> None:
        """The test message arrived, on whichever look."""
        if self.entries and self.entries[-1][1] == Step.FIND_REPLY:
            self.entries = [*self.entries[:-1], [Leg.IMAP, Step.FIND_REPLY, "passed", ""]]

    def handed_over(self) -> None:
        """Note that the server accepted the test message; written with the next sign of life, or the verdict.

        A worker that dies in between leaves a test that is closed and never run again, so nothing is sent twice.
        """
        self.handed_over_at = self._clock.now()

    def _keep_writing(self) -> None:
        written: list[list[str]] = []
        quiet = 0.0
        while not self._done.wait(_WRITE_EVERY):
            quiet += _WRITE_EVERY
            current = self.entries
            if current is not written or quiet >= _BEAT_EVERY:
                with suppress(OperationalError):  # a database that is busy now is asked again in a moment
                    self._lost = not self._write(current)
                    written, quiet = current, 0.0
            if self._lost:
                return

    def _write(self, entries: list[list[str]]) -> bool:
        """Write the progress and renew the lease; False when the row has another owner by now."""
        shown = {
            "progress": entries,
            "handed_over_at": self.handed_over_at,
            "lease_until": lease(self._clock.now()),
        }
        with quick_write(self._engine) as connection:
            result = connection.execute(_RENEW, self.fence | shown)
        return bool(result.rowcount == 1)
