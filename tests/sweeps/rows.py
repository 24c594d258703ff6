"""What the database holds, so that two moments can be compared."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from nimbus.database import quick_write
from nimbus.extensions import db
from nimbus.models.base import Base

Photograph = dict[str, list[str]]


def photograph(app: Flask, workspace_id: int | None = None, *, but_of: int | None = None) -> Photograph:
    """Every row of every table, or all that belongs to one workspace, its people included; perhaps without a person's."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(_rows(table, workspace_id, but_of)))
            for name, table in Base.metadata.tables.items()
        }


def keep(app: Flask) -> Callable[[], None]:
    """Remember every row; what is given back puts all of them where they were."""
    tables = Base.metadata.sorted_tables
    with app.app_context(), db.engine.connect() as connection:
        kept = {table: [row._asdict() for row in connection.execute(sa.select(table))] for table in tables}

    def put_back() -> None:
        with app.app_context(), quick_write(db.engine) as connection:
            for table in reversed(tables):
                connection.execute(sa.delete(table))
            for table in tables:
                if kept[table]:
                    connection.execute(sa.insert(table), kept[table])

    return put_back


def changed(before: Photograph, after: Photograph) -> dict[str, list[str]]:
    """The rows of each table that are not in both, with a sign for which side they are on."""
    found = {
        name: [f"- {row}" for row in before[name] if row not in after[name]]
        + [f"+ {row}" for row in after[name] if row not in before[name]]
        for name in before
    }
    return {name: rows for name, rows in found.items() if rows}


def _rows(table: sa.Table, workspace_id: int | None, but_of: int | None) -> sa.Select:
    rows = sa.select(table)
    owner = table.c.id if table.name == "user_account" else table.c.get("user_id")
    if but_of is not None and owner is not None:
        rows = rows.where(owner.is_distinct_from(but_of))
    if workspace_id is None:
        return rows
    if "workspace_id" in table.c:
        return rows.where(table.c.workspace_id == workspace_id)
    if table.name == "workspace":
        return rows.where(table.c.id == workspace_id)
    if table.name == "user_account":
        members = Base.metadata.tables["membership"].c
        return rows.where(
            table.c.id.in_(sa.select(members.user_id).where(members.workspace_id == workspace_id))
        )
    return rows.where(sa.false())
