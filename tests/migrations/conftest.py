"""Migrations run on both databases, from empty ones."""

import json
from contextlib import contextmanager
from typing import NamedTuple

import flask_migrate
import pytest
import sqlalchemy as sa

from nimbus import create_app
from nimbus.database import revisions
from nimbus.extensions import db
from tests.conftest import test_settings
from tests.migrations.rows import read_rows, write_rows

REVISIONS = revisions()
BEFORE = dict(zip(REVISIONS, ["base", *REVISIONS], strict=False))
CONSTRAINTS = {
    "primary key": sa.Inspector.get_pk_constraint,
    "foreign keys": sa.Inspector.get_foreign_keys,
    "unique": sa.Inspector.get_unique_constraints,
    "checks": sa.Inspector.get_check_constraints,
    "indexes": sa.Inspector.get_indexes,
}


class Database:
    """A database that is moved between revisions."""

    def up(self, revision="head"):
        flask_migrate.upgrade(revision=revision)

    def down(self, revision):
        flask_migrate.downgrade(revision=revision)

    def write(self, revision):
        with db.engine.begin() as connection:
            write_rows(connection, revision)

    def read(self):
        with db.engine.connect() as connection:
            return read_rows(connection)

    def schema(self):
        """Tables, columns, constraints and indexes in words that can be compared."""
        inspector = sa.inspect(db.engine)
        return {
            table: {
                "columns": {
                    c["name"]: (str(c["type"]), c["nullable"], c["default"])
                    for c in inspector.get_columns(table)
                },
                **{kind: sorted(_plain(find(inspector, table))) for kind, find in CONSTRAINTS.items()},
            }
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }


def _plain(found):
    return [
        json.dumps(each, sort_keys=True, default=str)
        for each in (found if isinstance(found, list) else [found])
    ]


@contextmanager
def empty_database(kind, directory, fixtures):
    """A database of this kind without any table, and the application on it."""
    environ = {}
    if kind == "postgres":
        environ["DATABASE_URL"] = fixtures("postgres").create_database()
    with create_app(test_settings(directory, **environ), check_schema=False, pages=False).app_context():
        yield Database()
        db.session.remove()
        db.engine.dispose()
    if environ:
        fixtures("postgres").drop_database(environ["DATABASE_URL"])


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    with empty_database(request.param, tmp_path, request.getfixturevalue) as database:
        yield database


class Seen(NamedTuple):
    """What a revision did: rows before and after it went up, and tables and rows before it, and after it went down again."""

    before: dict
    after: dict
    schema_below: dict
    schema_again: dict
    again: dict


class History(NamedTuple):
    """Every revision's way up and down, and the head: its rows, those after going up once more, its schema before and after."""

    revisions: dict[str, Seen]
    rows: dict
    rows_once_more: dict
    schema: dict
    schema_at_base: dict
    schema_again: dict


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def history(request, tmp_path_factory):
    """What was seen on the way up, where each revision found the rows of those before, on the way down, and up again."""
    up, down = {}, {}
    where = tmp_path_factory.mktemp("migrated")
    with empty_database(request.param, where, request.getfixturevalue) as database:
        for revision in REVISIONS:
            schema, rows = database.schema(), database.read()
            database.up(revision)
            up[revision] = rows, database.read(), schema
            database.write(revision)
        head = database.read()
        database.up()
        head = head, database.read(), database.schema()
        for revision in reversed(REVISIONS):
            database.down(BEFORE[revision])
            down[revision] = database.schema(), database.read()
        base = database.schema()
        database.up()
        seen = {revision: Seen(*up[revision], *down[revision]) for revision in REVISIONS}
        return History(seen, *head, base, database.schema())


@pytest.fixture
def seen(history):
    """What each revision did."""
    return history.revisions
