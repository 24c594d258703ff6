"""Every revision goes up and down with rows in the database, and the head is what the models say."""

import ast
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from nimbus.database import check_schema, make_tables
from nimbus.extensions import db
from nimbus.models.base import Base
from nimbus.settings_kinds import CHECKOUT
from tests.migrations.conftest import REVISIONS
from tests.migrations.rows import ROWS

SCRIPTS = ScriptDirectory(str(CHECKOUT / "migrations"))
IN_ORDER = list(SCRIPTS.walk_revisions())[::-1]


def test_the_product_reads_from_the_files_the_order_that_alembic_reads():
    assert [script.revision for script in IN_ORDER] == REVISIONS


def fill(database, *, until):
    """Go up step by step; each revision finds the rows of the one before."""
    for revision in REVISIONS[: REVISIONS.index(until) + 1]:
        database.up(revision)
        database.write(revision)


# Columns that a revision drops come back empty.
DROPPED = {"0004": {"mail_server": {"folders"}, "connection_test": {"folders"}}}


def common(rows, *, like, but_for=()):
    """Tables with the columns that they have in `like` as well, without those that these revisions drop."""
    dropped = {
        (table, name) for each in but_for for table, names in DROPPED.get(each, {}).items() for name in names
    }
    return {
        table: [
            {name: row[name] for name in old if (table, name) not in dropped}
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
def test_rows_survive_the_next_revision(seen, revision):
    before, after, *_ = seen[revision]

    kept = {"like": before, "but_for": [revision]}
    assert common(after, **kept) == common(before, **kept)
    assert all(before.values())


@pytest.mark.parametrize("revision", REVISIONS)
def test_going_down_restores_the_schema_and_the_rows_of_the_revision_before(seen, revision):
    before, _after, schema_below, schema_again, again = seen[revision]

    assert schema_again == schema_below
    kept = {"like": before, "but_for": REVISIONS[REVISIONS.index(revision) :]}  # all that went down since
    assert common(again, **kept) == common(before, **kept)
    assert set(again) == set(before)


def test_going_down_and_up_again_ends_at_the_same_schema(history):
    assert history.schema_at_base == {}
    assert history.schema_again == history.schema != {}


def test_a_limit_that_a_person_has_typed_stays_theirs(database):
    fill(database, until="0006")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM health_event WHERE workspace_id = 2")

    database.up("0007")

    modes = {row["workspace_id"]: row["limit_mode"] for row in database.read()["email_account_health"]}
    assert modes == {1: "manual", 2: "automatic"}


def test_going_up_twice_changes_nothing(history):
    assert history.rows_once_more == history.rows
    assert all(history.rows.values())


def test_the_head_is_what_the_models_say(database):
    database.up()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    migrated = database.schema()

    database.down("base")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        make_tables(connection)
    check_schema()

    assert database.schema() == migrated
