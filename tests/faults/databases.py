"""The two databases as a storm sees them: where they are, and what befalls them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tests.faults.small_disk import SmallDisk
from tests.servers.postgres import Postgres
from tests.servers.processes import unprivileged_user


class SqliteDatabase:
    """A file; somebody else holds its lock for a while."""

    name = "sqlite"

    def __init__(self, directory: Path) -> None:
        self.path = directory / "data" / "nimbus.sqlite3"
        self.url = f"sqlite:///{self.path}"

    def disturb(self, a_while: Callable[[], object]) -> None:
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as somebody:
            somebody.execute("BEGIN EXCLUSIVE")
            a_while()
            somebody.execute("ROLLBACK")

    def use_up(self) -> None:
        """A file has no room of its own."""

    def recover(self) -> None:
        """A file needs nobody."""


class PostgresDatabase:
    """A cluster of its own, which keeps its commits; it is restarted without a warning.

    With a small disk its data lie on that.
    """

    name = "postgres"

    def __init__(self, disk: SmallDisk | None = None) -> None:
        self.cluster = Postgres(synchronous_commit="on", segment=1, min_wal_size="2MB", max_wal_size="8MB")
        if disk:
            disk.mount(self.cluster.data, owner=unprivileged_user())
        self.cluster.start()
        self.url = self.cluster.create_database()

    def disturb(self, _a_while: Callable[[], object]) -> None:
        self.cluster.restart()

    def use_up(self) -> None:
        """On a full disk somebody else writes until the log needs room: then the server gives up and ends."""
        write = sa.text("SELECT pg_logical_emit_message(true, 'test', repeat('x', 500000))")
        engine = sa.create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with suppress(DBAPIError), engine.connect() as somebody:
            while True:
                somebody.execute(write)

    def recover(self) -> None:
        """What the operating system does for a server that has ended; the product only waits for it."""
        self.cluster.revive()


Database = SqliteDatabase | PostgresDatabase
