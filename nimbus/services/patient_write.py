"""Short writes that give way: a transaction that lost to another one, or met a busy or full database, is done again."""

import random
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

from nimbus.extensions import db
from nimbus.services.prepared import Writing, driver_write

_Result = TypeVar("_Result")
_LOST = frozenset({"40001", "40P01"})  # Postgres: could not serialise; deadlock
_COMING_BACK = frozenset({"57P01", "57P02", "57P03"})  # Postgres: shut down, crashed, starting
_NO_ROOM = frozenset({"53100"})  # Postgres: the disk is full
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL})


def patient_write(action: Callable[[Writing], _Result], *, patience: float = 2.0) -> _Result:
    """Run something in one write transaction, again with a random pause for `patience` seconds while others win.

    The action must bear to be run twice, even where the first commit went through and its answer was lost. Raises
    the last OperationalError. Needs an application context.
    """
    until = time.monotonic() + patience
    while True:
        try:
            with driver_write(db.engine) as writing:
                return action(writing)
        except OperationalError as error:
            if not passes(error) or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - it only keeps two losers apart


def passes(error: DBAPIError) -> bool:
    """Whether an error says that the same may go well in a moment; a broken file does not."""
    problem = error.orig
    if isinstance(problem, sqlite3.Error):
        return problem.sqlite_errorcode & 0xFF in _BUSY  # the low byte is the kind
    state = getattr(problem, "sqlstate", None)
    # Without a state there was no answer: the server is away, or went away.
    return state is None or state in _LOST | _COMING_BACK | _NO_ROOM
