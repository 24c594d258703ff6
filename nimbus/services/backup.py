"""Making a backup while the product runs."""

from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from nimbus.clock import now
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.security.instance_keys import KeyFileProblem, load_instance_key, next_path, retired_paths
from nimbus.services.backup_file import new_backup_file
from nimbus.services.backup_rows import Manifest, write_rows

PASSPHRASE_LENGTH = 12  # guessed at leisure by whoever has the file, so longer than a password


class CannotBackUp(NimbusError):
    """The backup could not be written; nothing was left behind."""


def make_backup(path: Path, *, passphrase: str | None = None) -> Manifest:
    """Write a consistent copy of the database to a new file. Everything of it is as of one instant.

    Raises CannotBackUp when the file is there already or cannot be written, and NotMigrated.
    """
    if path.exists():
        raise CannotBackUp(f"{path} exists already. Name a new file: an older backup is not overwritten.")
    if passphrase is not None and len(passphrase) < PASSPHRASE_LENGTH:
        raise CannotBackUp(f"The passphrase needs at least {PASSPHRASE_LENGTH} characters.")
    try:
        with new_backup_file(path, passphrase) as stream, _reading(db.engine) as connection:
            return write_rows(connection, stream, now())
    except OSError as problem:
        raise CannotBackUp(f"{path} cannot be written: {problem.strerror}.") from None
    except sa.exc.DBAPIError as problem:
        raise CannotBackUp(f"The database cannot be read: {problem.orig}") from None


def key_file_of(key_id: str, key_file: Path) -> Path | None:
    """The file that holds the instance key of this id: the one in use, or one beside it."""
    for path in (key_file, next_path(key_file), *retired_paths(key_file)):
        with suppress(KeyFileProblem):
            if load_instance_key(path).id == key_id:
                return path
    return None


def _reading(engine: Engine) -> sa.engine.Connection:
    """A connection whose transaction sees one instant: SQLite's always does, Postgres' when asked to."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection
