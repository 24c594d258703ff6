"""The write transaction, and what the engine is told about each database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from nimbus import create_app
from nimbus.clock import now
from nimbus.database import SchemaBehind, quick_write, transaction
from nimbus.extensions import db
from nimbus.models import InstanceFact, Workspace
from tests.factories import make_workspace


@pytest.fixture
def database_url(both_databases):
    return both_databases


def names():
    db.session.rollback()
    return sorted(db.session.scalars(sa.select(Workspace.name)))


def add(session, name):
    session.add(Workspace(name=name, timezone="UTC", created_at=now()))


def test_a_transaction_commits_at_its_end(context):
    with transaction() as session:
        add(session, "Acme")

    assert names() == ["Acme"]


def test_a_transaction_that_fails_leaves_nothing(context):
    def fail():
        with transaction() as session:
            add(session, "Acme")
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert names() == []


def test_after_a_failed_transaction_the_next_one_works(context):
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(Workspace(name=None, timezone="UTC", created_at=now()))

    make_workspace("Acme")
    assert names() == ["Acme"]


def test_a_transaction_inside_another_is_refused(context):
    with transaction() as session:
        add(session, "Acme")
        with pytest.raises(RuntimeError, match="open already"), transaction():
            pass

    assert names() == ["Acme"]


def test_what_was_read_before_a_transaction_is_read_again_inside(context):
    workspace = db.session.get_one(Workspace, make_workspace("Acme"))
    assert workspace.name == "Acme"
    with db.engine.begin() as elsewhere:
        elsewhere.execute(sa.update(Workspace).values(name="Renamed"))

    with transaction():
        assert workspace.name == "Renamed"


def test_a_quick_write_commits_or_leaves_nothing(context):
    def note(name, value):
        with quick_write(db.engine) as connection:
            connection.execute(sa.insert(InstanceFact).values(name=name, value="1"))
            connection.execute(sa.insert(InstanceFact).values(name=f"{name} too", value=value))

    note("a", "1")
    with pytest.raises(sa.exc.IntegrityError):
        note("b", None)

    assert db.session.scalars(sa.select(InstanceFact.name)).all() == ["a", "a too"]


def test_writers_at_the_same_moment_wait_for_each_other_and_lose_nothing(app, context):
    with quick_write(db.engine) as connection:
        connection.execute(sa.insert(InstanceFact).values(name="count", value="0"))
    start = Barrier(6)

    def add_ten(_):
        with app.app_context():
            start.wait(timeout=10)
            for _ in range(10):
                with transaction() as session:
                    fact = session.scalar(sa.select(InstanceFact).with_for_update())
                    fact.value = str(int(fact.value) + 1)
            db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add_ten, range(6)))

    assert db.session.scalar(sa.select(InstanceFact.value)) == "60"


def test_a_reader_sees_the_state_before_while_somebody_writes(context):
    with quick_write(db.engine) as writing:
        writing.execute(sa.insert(InstanceFact).values(name="a", value="1"))
        with db.engine.connect() as reading:
            assert reading.execute(sa.select(InstanceFact.name)).all() == []


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_sqlite_keeps_an_answered_write_through_a_power_cut(context):
    kept = {
        pragma: db.session.scalar(sa.text(f"PRAGMA {pragma}"))
        for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }

    assert kept == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def change_schema(settings, statement):
    with create_app(settings).app_context():
        with db.engine.begin() as connection:
            connection.execute(sa.text(statement))
        db.engine.dispose()


@pytest.mark.parametrize("found", ["0002", "9999"])
def test_the_application_refuses_a_database_of_another_revision(settings, found):
    change_schema(settings, f"UPDATE alembic_version SET version_num = '{found}'")

    with pytest.raises(SchemaBehind) as refusal:
        create_app(settings)
    assert f"The database is at revision {found}, this version needs " in str(refusal.value)
    assert str(refusal.value).endswith("Make a backup, then run: flask db upgrade")


def test_the_application_refuses_an_empty_database(settings):
    change_schema(settings, "DROP TABLE alembic_version")

    with pytest.raises(SchemaBehind, match="The database is at revision none, this version needs "):
        create_app(settings)
