"""Every revision goes up and down with rows in the database, and the head is what the models say."""

import ast
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from nimbus.database import revisions
from nimbus.extensions import db
from nimbus.models.base import Base
from nimbus.settings_kinds import CHECKOUT
from tests.migrations.rows import ROWS

SCRIPTS = ScriptDirectory(str(CHECKOUT / "migrations"))
IN_ORDER = list(SCRIPTS.walk_revisions())[::-1]
REVISIONS = [script.revision for script in IN_ORDER]
BEFORE = dict(zip(REVISIONS, ["base", *REVISIONS], strict=False))


def test_the_product_reads_from_the_files_the_order_that_alembic_reads():
    assert revisions() == REVISIONS


def fill(database, *, until):
    """Go up step by step; each revision finds the rows of the one before."""
    for revision in REVISIONS[: REVISIONS.index(until) + 1]:
        database.up(revision)
        database.write(revision)


# Columns that a revision drops come back empty.
DROPPED = {"0004": {"mail_server": {"folders"}, "connection_test": {"folders"}}}


def common(revision, rows, *, like):
    """Tables with the columns that they have both before and after a revision."""
    dropped = DROPPED.get(revision, {})
    return {
        table: [
            {name: row[name] for name in old if name not in dropped.get(table, ())}
            for row, old in zip(rows[table], like[table], strict=True)
        ]
        for table in like
    }


def test_revisions_form_one_line_and_each_has_rows_to_be_tried_on():
    assert SCRIPTS.get_heads() == [REVISIONS[-1]]
    assert list(ROWS) == REVISIONS


@pytest.mark.parametrize("script", IN_ORDER, ids=lambda script: script.revision)
def test_each_revision_says_in_one_sentence_what_it_does(script):
    path = Path(script.path)
    sentence = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert path.name.startswith(f"{script.revision}_")
    assert sentence.endswith(".")
    assert sentence.count("\n") == 0


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_rows_survive_the_next_revision(database, revision):
    fill(database, until=BEFORE[revision])
    before = database.read()

    database.up(revision)

    after = database.read()
    assert common(revision, after, like=before) == common(revision, before, like=before)
    assert all(before.values())


@pytest.mark.parametrize("revision", REVISIONS)
def test_going_down_restores_the_schema_and_the_rows_of_the_revision_before(database, revision):
    schema, rows = {}, {}
    if BEFORE[revision] != "base":
        fill(database, until=BEFORE[revision])
        schema, rows = database.schema(), database.read()
    database.up(revision)
    database.write(revision)

    database.down(BEFORE[revision])

    assert database.schema() == schema
    after = database.read()
    assert common(revision, after, like=rows) == common(revision, rows, like=rows)
    assert set(after) == set(rows)


def test_going_down_and_up_again_ends_at_the_same_schema(database):
    database.up()
    schema = database.schema()

    database.down("base")
    assert database.schema() == {}
    database.up()
    assert database.schema() == schema


def test_a_limit_that_a_person_has_typed_stays_theirs(database):
    fill(database, until="0006")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM health_event WHERE workspace_id = 2")

    database.up("0007")

    modes = {row["workspace_id"]: row["limit_mode"] for row in database.read()["email_account_health"]}
    assert modes == {1: "manual", 2: "automatic"}


def test_going_up_twice_changes_nothing(database):
    fill(database, until=REVISIONS[-1])
    before = database.read()

    database.up()

    assert database.read() == before


def test_the_head_is_what_the_models_say(database):
    database.up()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    migrated = database.schema()

    database.down("base")
    Base.metadata.create_all(db.engine)

    assert database.schema() == migrated
