"""Where a restore writes: one connection, whose work takes effect all at once when the block ends, or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from nimbus.errors import NimbusError
from nimbus.security.private_files import sync_directory
from nimbus.services.backup_rows import VERSION_TABLE

# What `make run` writes into a database that nobody has used yet.
_OF_NOBODY = {VERSION_TABLE, "instance_fact"}
_WAIT_SECONDS = 2


class NotEmpty(NimbusError):
    """There is something in the database that a restore would hide or mix with."""


class InUse(NimbusError):
    """Somebody works on the database."""


@contextmanager
def sqlite_target(path: Path, moment: datetime, *, replace: bool) -> Iterator[tuple[Connection, Path | None]]:
    """A new file that takes the place of the one at `path`, and where that one is kept: None when it held nothing.

    Raises NotEmpty unless the old one may be replaced, and InUse while another program has it open.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = None
    if _is_used_sqlite(path):
        if not replace:
            raise NotEmpty(
                f"{path} holds data already. To put the backup in its place, add --replace: it is kept beside it."
            )
        kept = path.with_name(f"{path.name}.before-restore-{moment:%Y%m%d-%H%M%S}")
    new = path.with_name(f".{path.name}.restoring")
    new.unlink(missing_ok=True)  # of a restore that was killed
    new.touch(mode=0o600)
    try:
        with _connection(f"sqlite:///{new}") as connection:
            connection.exec_driver_sql(
                "PRAGMA journal_mode=MEMORY"
            )  # nothing beside it: the file is thrown away
            yield connection, kept
        _settle_file(new)
        _close_sqlite(path)
        if kept:
            _keep(path, kept)
        new.replace(path)  # at every instant there is a whole database under the name
        sync_directory(path.parent)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def postgres_target(url: str, *, replace: bool) -> Iterator[tuple[Connection, None]]:
    """The database at `url`, without any table. Raises NotEmpty when it holds a row that somebody wrote."""
    with _connection(url) as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        if _has_rows(connection, set(tables.tables)):
            instead = "--replace works with SQLite only. " if replace else ""
            raise NotEmpty(
                f"The database holds data already. {instead}Create a new one, name it in DATABASE_URL, and restore there: "
                "the old one stays as it is."
            )
        tables.drop_all(connection)
        yield connection, None


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    # Not the application's engine: that one knows a database which may be damaged, or may not be written to.
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
        yield connection


def _has_rows(connection: Connection, tables: set[str]) -> bool:
    return any(
        connection.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first()
        for name in sorted(tables - _OF_NOBODY)
    )


def _is_used_sqlite(path: Path) -> bool:
    """Whether a file holds a row that somebody wrote; one that cannot be read counts as used."""
    if not path.exists():
        return False
    _close_sqlite(path)
    try:
        with _connection(f"sqlite:///{path}") as connection:
            return _has_rows(connection, set(sa.inspect(connection).get_table_names()))
    except sa.exc.DatabaseError:
        return True


def _close_sqlite(path: Path) -> None:
    """Fold a file's journal into it, so that it can be moved. Raises InUse while another program has it open."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # refused while anybody else is connected
    except sqlite3.DatabaseError as problem:
        if problem.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise InUse(f"Another program has {path} open. Stop it first.") from None
        # Damaged: perhaps the very reason for the restore. It is kept together with its journal.


def _keep(path: Path, kept: Path) -> None:
    os.link(path, kept)
    for suffix in ("-wal", "-shm"):
        journal = path.with_name(path.name + suffix)
        if journal.exists():
            journal.rename(kept.with_name(kept.name + suffix))


def _settle_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
