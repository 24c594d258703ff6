"""What the database holds, so that two moments can be compared."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

from nimbus.database import quick_write
from nimbus.extensions import db
from nimbus.models.base import Base

Photograph = dict[str, list[str]]


def photograph(app: Flask, workspace_id: int | None = None, *, but_of: int | None = None) -> Photograph:
    """Every row of every table, or all that belongs to one workspace, its people included; perhaps without a person's."""
    with app.app_context(), db.engine.connect() as connection:
        return _photograph(connection, workspace_id, but_of)


def keep(app: Flask) -> Callable[[], None]:
    """Remember every row, in tables beside; what is given back puts all of them where they were."""
    with app.app_context(), quick_write(db.engine) as connection:
        before = _photograph(connection)
        for name in before:
            connection.exec_driver_sql(f'CREATE TABLE "kept_{name}" AS SELECT * FROM "{name}"')

    def put_back() -> None:
        with app.app_context(), quick_write(db.engine) as connection:
            stale = _stale(before, _photograph(connection))
            for name in reversed(stale):
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
            for name in stale:
                connection.exec_driver_sql(f'INSERT INTO "{name}" SELECT * FROM "kept_{name}"')

    return put_back


def changed(before: Photograph, after: Photograph) -> dict[str, list[str]]:
    """The rows of each table that are not in both, with a sign for which side they are on."""
    found = {
        name: [f"- {row}" for row in before[name] if row not in after[name]]
        + [f"+ {row}" for row in after[name] if row not in before[name]]
        for name in before
        if before[name] != after[name]
    }
    return {name: rows for name, rows in found.items() if rows}


def _photograph(
    connection: Connection, workspace_id: int | None = None, but_of: int | None = None
) -> Photograph:
    """Rows as the driver gives them: what they mean to Python would take most of the time."""
    return {
        name: sorted(
            repr(tuple(row)) for row in connection.exec_driver_sql(_rows(table, workspace_id, but_of))
        )
        for name, table in Base.metadata.tables.items()
    }


def _stale(before: Photograph, now: Photograph) -> list[str]:
    """The tables whose rows are others now, and all that refer to one of these; those that are referred to first."""
    stale: list[str] = []
    for table in Base.metadata.sorted_tables:
        if before[table.name] != now[table.name] or any(
            key.column.table.name in stale for key in table.foreign_keys
        ):
            stale.append(table.name)
    return stale


def _rows(table: sa.Table, workspace_id: int | None, but_of: int | None) -> str:
    where = []
    owner = "id" if table.name == "user_account" else "user_id"
    if but_of is not None and owner in table.c:
        where.append(f"({owner} IS NULL OR {owner} <> {but_of:d})")
    if workspace_id is not None:
        where.append(_of_workspace(table, f"workspace_id = {workspace_id:d}"))
    return f'SELECT * FROM "{table.name}"' + (f" WHERE {' AND '.join(where)}" if where else "")


def _of_workspace(table: sa.Table, its: str) -> str:
    if "workspace_id" in table.c:
        return its
    if table.name == "workspace":
        return its.removeprefix("workspace_")
    if table.name == "user_account":
        return f"id IN (SELECT user_id FROM membership WHERE {its})"
    return "FALSE"
