"""What keeps a restore from happening is said in a sentence, and then nothing at all was changed."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace as changed
from datetime import UTC, datetime

import flask_migrate
import pytest
import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import InstanceFact, Workspace
from nimbus.processes import hold_data_directory
from nimbus.queue_server import queue_url
from nimbus.security.instance_keys import KeyFileProblem, ensure_instance_key, load_instance_key
from nimbus.services.backup import make_backup
from nimbus.services.backup_file import DamagedBackup, WrongPassphrase
from nimbus.services.restore import CannotRestore, restore
from nimbus.services.restore_target import InUse, NotEmpty
from nimbus.services.set_up import new_setup_code
from tests.conftest import test_settings
from tests.services.restoring import Installation, assert_whole

PASSPHRASE = "a long enough passphrase"
ON_SQLITE = pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("both_databases", ["postgres"], indirect=True)


@pytest.fixture
def path(ava, tmp_path):
    """A backup with one account in it."""
    path = tmp_path / "nimbus.backup"
    make_backup(path)
    db.session.rollback()
    return path


@pytest.fixture
def elsewhere(tmp_path, settings, database_url, request):
    """Another machine with a copy of the key file and a database of the same kind, empty."""
    environ = {"NIMBUS_KEY_FILE": str(settings.key_file), "REDIS_URL": settings.redis_url}
    if database_url:
        environ["DATABASE_URL"] = request.getfixturevalue("postgres").create_database()
    return Installation(test_settings(tmp_path / "elsewhere", **environ))


@pytest.fixture
def in_use(elsewhere, path):
    """The other machine, where somebody works already."""
    with elsewhere.bare():
        restore(path)
        db.session.execute(sa.update(Workspace).values(name="In use"))
        db.session.commit()
    return elsewhere


def refused(place, path, problem, **how):
    """The sentence of a refusal, after which the place is what it was."""
    before = snapshot(place)
    with place.bare(), pytest.raises(problem) as refusal:
        restore(path, **how)
    assert snapshot(place) == before
    return str(refusal.value)


def snapshot(place):
    """The files of a place, and what its database holds."""
    with place.bare():
        tables = sa.inspect(db.engine).get_table_names()
        with db.engine.connect() as connection:
            rows = {
                name: sorted(map(str, connection.exec_driver_sql(f'SELECT * FROM "{name}"')))
                for name in tables
            }
    names = {file.name for file in place.settings.data_dir.iterdir()} - {"run.lock"}
    return rows, names


def test_a_damaged_backup(elsewhere, path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])

    assert "is damaged" in refused(elsewhere, path, DamagedBackup)


def test_a_backup_that_is_damaged_after_thousands_of_rows(elsewhere, ada, tmp_path):
    path = tmp_path / "large.backup"
    with transaction() as session:
        session.add_all(InstanceFact(name=f"fact {n}", value=os.urandom(300).hex()) for n in range(3000))
    make_backup(path)
    path.write_bytes(path.read_bytes()[:-20])

    said = re.search(r"was changed or cut in part (\d+)", refused(elsewhere, path, DamagedBackup))
    assert int(said.group(1)) > 1


@pytest.mark.parametrize("typed", [None, "another passphrase"])
def test_a_wrong_passphrase(elsewhere, ava, tmp_path, typed):
    make_backup(tmp_path / "sealed", passphrase=PASSPHRASE)
    db.session.rollback()

    assert "passphrase" in refused(elsewhere, tmp_path / "sealed", WrongPassphrase, passphrase=typed)


def test_a_newer_revision(elsewhere, ava, tmp_path):
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    make_backup(tmp_path / "newer")
    db.session.rollback()

    sentence = refused(elsewhere, tmp_path / "newer", CannotRestore)
    assert "at revision 9999, and this version knows up to 0" in sentence
    assert sentence.endswith("Update NimbusOS first.")


@pytest.mark.claim("C20", partly=True)
def test_without_its_key_file_it_says_which_key_goes_where(elsewhere, path, settings):
    key_id = load_instance_key(settings.key_file).id
    place = Installation(changed(elsewhere.settings, key_file=settings.key_file.with_name("none.key")))

    sentence = refused(place, path, CannotRestore)
    assert (
        f"needs the instance key {key_id}, and neither {place.settings.key_file} nor a file beside it"
        in sentence
    )
    assert f"Put the key file that belongs to the backup at {place.settings.key_file}, then" in sentence


def test_where_another_key_is_in_use_it_says_the_name_that_leaves_that_one_alone(elsewhere, path, settings):
    other = settings.key_file.with_name("other.key")
    ensure_instance_key(other)
    place = Installation(changed(elsewhere.settings, key_file=other))
    beside = other.with_name(f"other.key.retired-{load_instance_key(settings.key_file).id}")

    assert f"Put the key file that belongs to the backup at {beside}, then" in refused(
        place, path, CannotRestore
    )

    beside.write_bytes(settings.key_file.read_bytes())
    with place.bare():
        restore(path)
    with place.started():
        assert_whole()


def test_while_the_product_runs_on_the_data_directory(elsewhere, path):
    lock = hold_data_directory(elsewhere.settings.data_dir)
    try:
        assert "is already running on" in refused(elsewhere, path, NimbusError)
    finally:
        os.close(lock)
    with elsewhere.bare():
        restore(path)


def test_while_workers_are_heard_of(elsewhere, path):
    with elsewhere.bare():
        connection = queues.connect(queue_url(elsewhere.settings))
    queues.beat(connection, queues.WorkerSeen("w", queues.QUEUES, "idle", datetime.now(UTC)))

    assert "1 of its workers were heard of less than a minute ago" in refused(elsewhere, path, CannotRestore)


def test_where_there_is_data_already(in_use, path):
    assert "holds data already" in refused(in_use, path, NotEmpty)


@ON_POSTGRES
def test_on_postgres_data_is_never_replaced(in_use, path):
    sentence = refused(in_use, path, NotEmpty, replace=True)

    assert "--replace works with SQLite only. Create a new one, name it in DATABASE_URL" in sentence


def test_a_database_that_was_started_and_never_used_counts_as_empty(elsewhere, path):
    with elsewhere.bare():
        flask_migrate.upgrade()
        new_setup_code()
        db.engine.dispose()
        restore(path)

    with elsewhere.started():
        assert_whole()
    assert list(elsewhere.settings.data_dir.glob("*before-restore*")) == []


@ON_SQLITE
class TestReplacing:
    def test_the_database_before_it_is_kept_beside(self, in_use, path, clock):
        with in_use.bare():
            done = restore(path, replace=True)

        with in_use.started():
            assert_whole()
            assert db.session.scalars(sa.select(Workspace.name)).all() == ["Acme"]
        assert re.fullmatch(r"nimbus\.sqlite3\.before-restore-[0-9]{8}-[0-9]{6}", done.kept.name)
        with closing(sqlite3.connect(done.kept)) as kept:
            assert kept.execute("SELECT name FROM workspace").fetchall() == [("In use",)]
        assert stat.S_IMODE(in_use.file.stat().st_mode) == 0o600

    def test_what_was_only_in_the_journal_is_kept_as_well(self, in_use, path):
        """A killed product leaves commits in the file beside; they belong to the old database and not to the new."""
        with in_use.bare():
            db.session.add(Workspace(name="Last", created_at=now()))
            db.session.commit()
            copies = {file: file.read_bytes() for file in in_use.settings.data_dir.glob("nimbus.sqlite3*")}
        for file, content in copies.items():
            file.write_bytes(content)

        with in_use.bare():
            kept = restore(path, replace=True).kept
        with closing(sqlite3.connect(kept)) as database:
            assert ("Last",) in database.execute("SELECT name FROM workspace").fetchall()
        with in_use.started():
            assert_whole()

    def test_a_damaged_database_is_replaced_and_kept(self, in_use, path):
        damaged = b"not a database at all" * 1000
        in_use.file.write_bytes(damaged)

        with in_use.bare():
            with pytest.raises(NotEmpty):
                restore(path)
            kept = restore(path, replace=True).kept

        assert kept.read_bytes() == damaged
        with in_use.started():
            assert_whole()

    def test_a_database_that_another_program_has_open_is_left_alone(self, in_use, path):
        with closing(sqlite3.connect(in_use.file)) as somebody:
            somebody.execute("PRAGMA journal_mode=WAL")
            somebody.execute("SELECT * FROM workspace").fetchall()

            with in_use.bare(), pytest.raises(InUse, match=r"Another program has .*nimbus\.sqlite3 open"):
                restore(path, replace=True)
        with in_use.started():
            assert db.session.scalars(sa.select(Workspace.name)).all() == ["In use"]


def test_a_key_of_a_workspace_that_does_not_open(elsewhere, ava, tmp_path):
    db.session.execute(sa.text("UPDATE workspace_key SET wrapped = 'gAAAA'"))
    db.session.commit()
    make_backup(tmp_path / "broken")
    db.session.rollback()

    assert "does not open" in refused(elsewhere, tmp_path / "broken", KeyFileProblem)
