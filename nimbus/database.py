"""How the product talks to its database: engine settings for SQLite and Postgres, and the write transaction."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models.base import Base, table_of
from nimbus.settings_kinds import CHECKOUT

MIGRATIONS = CHECKOUT / "migrations"
_ORDER = re.compile(r'^revision = "(\w+)"\ndown_revision = (?:"(\w+)"|None)$', re.MULTILINE)
_WRITE = "nimbus_write"
_READ_ONLY = "nimbus.read_only"
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a claim or an answer given to a person survives a power cut
    "busy_timeout=30000",
    "foreign_keys=ON",
)


class SchemaBehind(NimbusError):
    """The database is older or newer than this program."""


class ReadOnly(NimbusError):
    """Nothing is changed in this process; the sentence says why, and what to do."""


def engine_options(url: str) -> dict[str, Any]:
    """What create_engine needs beside the URL; sizes fit 16 web threads."""
    common: dict[str, Any] = {"pool_size": 20, "max_overflow": 10}
    if not sa.make_url(url).get_backend_name().startswith("sqlite"):
        common |= {"pool_pre_ping": True}
    return common


def prepare_engine(engine: Engine) -> None:
    """Give SQLite its pragmas, and BEGIN IMMEDIATE to the transactions that write. Postgres needs nothing."""
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows only A to Z: a search for Özge would find what was typed alike and nothing else.
        connection.create_function("lower", 1, lambda text: text and text.lower(), deterministic=True)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def make_read_only(reason: str) -> None:
    """From now on every write of this process is refused with this sentence, and by the database itself."""
    current_app.extensions[_READ_ONLY] = reason
    engine = db.engine
    sqlite_ = engine.dialect.name == "sqlite"
    refuse_writes = "PRAGMA query_only=ON" if sqlite_ else "SET default_transaction_read_only = on"

    @sa.event.listens_for(engine, "connect")
    def guard(connection: Any, _record: object) -> None:
        connection.execute(refuse_writes)
        connection.commit()  # Postgres would take the setting back with the first rollback

    engine.dispose()  # connections from before would let writes through


def read_only_reason() -> str | None:
    """Why this process changes nothing, in a sentence for a person; None where it may."""
    reason: str | None = current_app.extensions.get(_READ_ONLY)
    return reason


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction. What was read before is read again inside; it commits at the end, or not at all.

    Raises ReadOnly in a process that must not change anything.
    """
    if reason := read_only_reason():
        raise ReadOnly(reason)
    session = db.session()
    if session.info.get(_WRITE):
        raise RuntimeError("a write transaction is open already")
    if session.in_transaction():
        session.commit()  # ends the reading that went before
    session.expire_all()
    session.info[_WRITE] = True
    try:
        session.connection(execution_options={_WRITE: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info[_WRITE] = False


def begin_reading(session: Session) -> None:
    """Let all that a session reads until its transaction ends be of one moment. SQLite does so anyway."""
    session.rollback()
    if dialect_of(session) == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@contextmanager
def quick_write(engine: Engine) -> Iterator[Connection]:
    """A write without the session, for a thread that has none or where its cost would be felt."""
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        yield connection


def execute_many(connection: Connection, statement: sa.Update, rows: Sequence[Mapping[str, Any]]) -> int:
    """Execute a statement for each row, for values that the driver takes as they are; how many rows it changed.

    The usual way looks at each value of each row anew, which costs as much as the database itself.
    """
    if not rows:
        return 0
    sql, places = _compiled(statement, connection.dialect)
    many = list(map(itemgetter(*places), rows)) if places else list(rows)
    return connection.exec_driver_sql(sql, many).rowcount


@lru_cache(maxsize=16)
def _compiled(statement: sa.Update, dialect: Dialect) -> tuple[str, Sequence[str] | None]:
    """The statement for the driver, and the order of its values; None where the driver takes them by name."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), compiled.positiontup


def dialect_of(session: Session) -> str:
    """The database at hand: sqlite or postgresql."""
    return session.get_bind().dialect.name


def insert_or(model: type[Base], dialect: str) -> sqlite.Insert | postgresql.Insert:
    """A plain INSERT that can say what to do on a conflict; both databases spell it alike."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table_of(model))


def init_migrations(app: Flask) -> None:
    """Let Alembic be loaded and bound when somebody first asks for it: few processes do, and it is as large as Flask."""

    def bound() -> Any:
        from flask_migrate import Migrate

        Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
        return app.extensions["migrate"]

    app.extensions["migrate"] = LocalProxy(bound)


@cache
def revisions() -> list[str]:
    """The migrations of this version, first to last, as their files say it."""
    files = (MIGRATIONS / "versions").glob("*.py")
    heads = [_ORDER.search(path.read_text(encoding="utf-8")) for path in files]
    following = {head[2]: head[1] for head in heads if head}
    ordered = [following[None]]
    while ordered[-1] in following:
        ordered.append(following[ordered[-1]])
    return ordered


def revision_of(connection: Connection) -> str | None:
    """The last migration that a database has had; None where there is nothing of ours."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def make_tables(connection: Connection) -> None:
    """Give a database that has no table all of them, as the last migration leaves them, a tenth of whose walk it takes."""
    Base.metadata.create_all(connection, checkfirst=False)
    version = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32)))
    version.append_constraint(sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"))
    version.create(connection)
    connection.execute(version.insert().values(version_num=revisions()[-1]))


def check_schema() -> None:
    """Refuse to run on a database that is not at the head of the migrations."""
    head = revisions()[-1]
    with db.engine.connect() as connection:
        found = revision_of(connection)
    if found != head:
        db.engine.dispose()  # nobody will get an application to close it with
        raise SchemaBehind(
            f"The database is at revision {found or 'none'}, this version needs {head}. "
            "Make a backup, then run: flask db upgrade"
        )
