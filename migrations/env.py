"""Runs the migrations on the application's own database connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy.engine import Connection

from nimbus.database import read_only_reason
from nimbus.extensions import db
from nimbus.models.base import Base


def compare_nothing_but_ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """The table of Alembic itself is not part of the models."""
    return not (kind == "table" and name == "alembic_version")


@contextmanager
def rows_kept(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying and dropping it, which must not take the rows that refer to it along."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection  # the switch does nothing inside a transaction
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def refuse_orphans(connection: Connection) -> None:
    """What the switched-off keys would have refused ends the migration before anything is committed."""
    if connection.dialect.name == "sqlite":
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if orphans:
            raise RuntimeError(f"{len(orphans)} rows would refer to nothing, first {orphans[0]}")


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:  # a restore, which commits everything at once or nothing
        migrate(given)
        return
    if problem := read_only_reason():
        raise CommandError(problem)
    with db.engine.connect() as connection, rows_kept(connection):
        migrate(connection)
        connection.commit()


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=compare_nothing_but_ours,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
        refuse_orphans(connection)


run()
