"""Migrations run on both databases, from empty ones."""

import json

import flask_migrate
import pytest
import sqlalchemy as sa

from nimbus import create_app
from nimbus.extensions import db
from tests.conftest import test_settings
from tests.migrations.rows import read_rows, write_rows

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


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """An empty database without any table."""
    environ = {}
    if request.param == "postgres":
        environ["DATABASE_URL"] = request.getfixturevalue("postgres").create_database()
    with create_app(test_settings(tmp_path, **environ), check_schema=False, pages=False).app_context():
        yield Database()
        db.session.remove()
        db.engine.dispose()
    if environ:
        request.getfixturevalue("postgres").drop_database(environ["DATABASE_URL"])
