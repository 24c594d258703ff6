"""The two databases as a storm sees them: where they are, and what befalls them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.servers.postgres import Postgres


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


class PostgresDatabase:
    """A cluster of its own, which keeps its commits; it is restarted without a warning."""

    name = "postgres"

    def __init__(self) -> None:
        self.cluster = Postgres(synchronous_commit="on").start()
        self.url = self.cluster.create_database()

    def disturb(self, _a_while: Callable[[], object]) -> None:
        self.cluster.restart()


Database = SqliteDatabase | PostgresDatabase
