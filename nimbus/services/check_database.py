"""Whether the database answers, takes writes, is sound, and stands where this version's migrations end."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nimbus.database import revision_of, revisions
from nimbus.rules import sizes
from nimbus.rules.installation_health import Health
from nimbus.services.check import Check, unknown
from nimbus.settings import Settings

CONNECT_SECONDS = 3
BUSY_SECONDS = 2.0
QUICK_CHECK_SECONDS = 5.0
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine; about a millisecond
_NOT_READY = "the database does not answer"


@contextmanager
def probe(settings: Settings) -> Iterator[Connection]:
    """A connection apart from the application's: it makes no file, and waits for nothing longer than 3 s."""
    url = sa.make_url(settings.database_url)
    if path := sqlite_path(settings):
        engine = sa.create_engine("sqlite://", creator=lambda: _open_file(path), poolclass=NullPool)
    else:
        engine = sa.create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with engine.connect() as connection:
            if not path:
                connection.exec_driver_sql(f"SET statement_timeout = {CONNECT_SECONDS * 1000}")
            yield connection
    finally:
        engine.dispose()


def sqlite_path(settings: Settings) -> Path | None:
    """The file that SQLite keeps everything in; None for Postgres."""
    url = sa.make_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def database_checks(settings: Settings) -> list[Check]:
    """Does it answer and take writes, and is it where this version needs it."""
    try:
        with probe(settings) as connection:
            return [_answers(connection, settings), _migrations(connection)]
    except SQLAlchemyError as problem:
        path = sqlite_path(settings)
        if path and not path.exists():
            sentence = f"There is no file {path} yet."
            away = Check("database", Health.FAIL, "Database", sentence, command="make run")
        else:
            advice = (
                f"See who else uses {path}, or restore the last backup."
                if path
                else "See that the server that DATABASE_URL names runs and lets this user in."
            )
            sentence = f"It does not answer: {_line(problem, settings)}"
            away = Check("database", Health.FAIL, "Database", sentence, advice=advice)
        return [away, unknown("migrations", "Migrations", _NOT_READY)]


def file_check(settings: Settings, seconds: float = QUICK_CHECK_SECONDS) -> Check | None:
    """What SQLite says of its own file after at most so many seconds; None for Postgres, which checks its own."""
    if not sqlite_path(settings):
        return None
    title = "Database file"
    end = time.monotonic() + seconds
    try:
        with probe(settings) as connection:
            driver = connection.connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                raise TypeError("SQLite has another driver")
            driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except SQLAlchemyError as problem:
        found = _line(problem, settings)
        if found == "interrupted":
            sentence = f"Sound as far as was read in {seconds:.0f} s; the file is large."
            return Check("database_file", Health.OK, title, sentence)
    if found == "ok":
        return Check("database_file", Health.OK, title, "Sound, says SQLite's quick_check.")
    return Check(
        "database_file",
        Health.FAIL,
        title,
        f"Damaged, or it cannot be read: {found}",
        advice="Stop NimbusOS, keep a copy of the file, then restore the last backup: flask restore FILE",
    )


def version(connection: Connection) -> str:
    """Name and version of the database at the other end."""
    if connection.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def _open_file(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _answers(connection: Connection, settings: Settings) -> Check:
    name, size = version(connection), sizes.in_words(_size(connection, settings))
    try:
        refusal = _why_not_writable(connection)
    except SQLAlchemyError as problem:
        refusal = _line(problem, settings)
    if refusal is None:
        return Check("database", Health.OK, "Database", f"{name} answers and takes writes. It holds {size}.")
    if refusal == "database is locked":
        return Check(
            "database",
            Health.WARN,
            "Database",
            f"{name} answers, but somebody has been writing to it for {BUSY_SECONDS:.0f} s.",
            advice="If this stays so, look for a command that hangs, or restart NimbusOS.",
        )
    path = sqlite_path(settings)
    advice = (
        f"Let the user that runs NimbusOS write to {path} and to its directory."
        if path
        else "Let DATABASE_URL name the primary server, and see that it is not set to read-only."
    )
    return Check(
        "database", Health.FAIL, "Database", f"{name} answers but takes no writes: {refusal}", advice=advice
    )


def _size(connection: Connection, settings: Settings) -> int:
    if path := sqlite_path(settings):
        files = (path, path.with_name(f"{path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return int(size)


def _why_not_writable(connection: Connection) -> str | None:
    """Try to write, and take it back."""
    if connection.dialect.name != "sqlite":
        read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
        return "it is read-only." if read_only == "on" else None
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        mark = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {int(mark)}")
    finally:
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql("ROLLBACK")
    return None


def _migrations(connection: Connection) -> Check:
    found, head = revision_of(connection), revisions()[-1]
    if found == head:
        return Check("migrations", Health.OK, "Migrations", f"All made, up to {head}.")
    if found is None:
        return Check(
            "migrations", Health.FAIL, "Migrations", "The database holds nothing yet.", "flask db upgrade"
        )
    if found in revisions():
        sentence = f"The database is at {found}, this version needs {head}. Make a backup first."
        return Check("migrations", Health.FAIL, "Migrations", sentence, "flask db upgrade")
    return Check(
        "migrations",
        Health.FAIL,
        "Migrations",
        f"The database is at {found}, which this version does not know: a newer one made it.",
        advice="Install that version again, or restore the backup that was made before it.",
    )


def _line(problem: SQLAlchemyError, settings: Settings) -> str:
    """The driver's own first line, printable and without the password."""
    text = str(getattr(problem, "orig", None) or problem).strip().partition("\n")[0]
    password = sa.make_url(settings.database_url).password
    if password:
        text = text.replace(password, "…")
    return "".join(char for char in text if char.isprintable())[:200]
