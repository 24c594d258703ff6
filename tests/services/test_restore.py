"""A backup is brought back whole, in either database, and what comes back is safe before anything starts."""

from dataclasses import replace as changed
from datetime import timedelta

import flask_migrate
import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    AuditEvent,
    ConnectionTest,
    InstanceFact,
    Invitation,
    UserSession,
    Workspace,
    WorkspaceKey,
)
from nimbus.models.instance import LIVE_AT
from nimbus.security.instance_keys import InstanceKey, key_ring
from nimbus.services.backup import make_backup
from nimbus.services.instance_keys import rotate_instance_key
from nimbus.services.instance_state import key_problem, place_state
from nimbus.services.live_place import SendsNothing, confirm_here, refuse_copies
from nimbus.services.restore import restore
from nimbus.services.rotate_keys import rotate_now
from nimbus.services.sign_in import find_session, open_session, sign_in
from tests.cast import PASSWORD
from tests.conftest import test_settings
from tests.factories import make_connection_test, make_workspace, reload
from tests.migrations.rows import ROWS, write_rows
from tests.services.restoring import Installation, assert_whole, drop_tables

PASSPHRASE = "a long enough passphrase"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nimbus.backup"


@pytest.fixture
def elsewhere(tmp_path, settings, database_url, request):
    """Another machine with a copy of the key file and a database of the same kind, empty."""
    environ = {"NIMBUS_KEY_FILE": str(settings.key_file), "REDIS_URL": settings.redis_url}
    if database_url:
        environ["DATABASE_URL"] = request.getfixturevalue("postgres").create_database()
    return Installation(test_settings(tmp_path / "elsewhere", **environ))


def backed_up(path, **how):
    """Make a backup of the database at hand, and let go of that."""
    made = make_backup(path, **how)
    db.session.rollback()
    return made


def test_everything_is_there_again_and_every_password_opens(ada, ava, path, elsewhere):
    made = backed_up(path)

    with elsewhere.bare():
        done = restore(path)

    assert done.manifest == made
    assert done.rows == 10
    assert done.kept is None
    with elsewhere.started():
        assert_whole()
        assert key_problem() is None
        assert sign_in("ada@example.com", PASSWORD, address="", browser="")
        assert make_workspace("New") == 2


def test_an_encrypted_backup_comes_back_with_its_passphrase(ava, path, elsewhere):
    backed_up(path, passphrase=PASSPHRASE)

    with elsewhere.bare():
        restore(path, passphrase=PASSPHRASE)

    with elsewhere.started():
        assert_whole()


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_a_backup_of_sqlite_moves_to_postgres_and_back(ava, path, elsewhere, postgres):
    backed_up(path)
    grown = Installation(changed(elsewhere.settings, database_url=postgres.create_database()))

    with grown.bare():
        restore(path)
    with grown.started():
        assert_whole()
        assert make_workspace("New") == 2
        back = backed_up(path.with_name("back"))
        assert back.database == "postgresql"

    with elsewhere.bare():
        restore(path.with_name("back"))
    with elsewhere.started():
        assert_whole()


@pytest.mark.claim("C20", partly=True)
def test_what_was_restored_opens_with_the_key_file_only(ava, path, elsewhere):
    backed_up(path)
    with elsewhere.bare():
        restore(path)

    key_file = elsewhere.settings.key_file
    elsewhere.settings = changed(elsewhere.settings, key_file=key_file.with_name("lost.key"))
    with elsewhere.started():
        assert "lost.key cannot be read" in key_problem()


class TestWhatComesBackIsSafe:
    def test_nothing_is_sent_until_somebody_confirms_the_place(self, ava, path, elsewhere):
        confirm_here()
        assert place_state().confirmed
        backed_up(path)
        with elsewhere.bare():
            restore(path)

        with elsewhere.started():
            with pytest.raises(SendsNothing, match=r"was restored from a backup\. It sends nothing"):
                refuse_copies()
            names = db.session.scalars(sa.select(InstanceFact.name)).all()
            assert [name for name in names if name.startswith(LIVE_AT)] == []
            confirm_here()
            refuse_copies()

    def test_nothing_is_sent_from_the_old_place_either(self, app, ava, path):
        """A database put back where it was may be as old as the backup: what it would send may be sent already."""
        confirm_here()
        backed_up(path)
        here = Installation(app.extensions["nimbus.settings"])
        drop_tables()

        with here.bare():
            restore(path)
        with here.started():
            assert not place_state().confirmed

    def test_everybody_is_signed_out_and_open_invitations_are_withdrawn(self, ada, path, elsewhere):
        token = open_session(*ada, address="", browser="")
        invitation = {"workspace_id": ada[0], "role": "admin", "created_at": now(), "expires_at": now()}
        with transaction() as session:
            session.add(Invitation(**invitation, email="open@x.test", token_hash="1"))
            session.add(Invitation(**invitation, email="used@x.test", token_hash="2", used_at=now()))
        backed_up(path)
        assert find_session(token)

        with elsewhere.bare():
            restore(path)

        with elsewhere.started():
            assert find_session(token) is None
            assert db.session.scalars(sa.select(UserSession.token_hash)).all() == []
            assert db.session.scalars(sa.select(Invitation.email)).all() == ["used@x.test"]

    def test_tests_that_were_under_way_end_as_interrupted_where_they_stood(self, ada, path, elsewhere):
        progress = [["smtp", "find_server", "passed", ""], ["smtp", "sign_in", "running", ""]]
        lease = {"owner": "w", "lease_until": now() + timedelta(hours=1)}
        running = make_connection_test(*ada, state="running", progress=progress, **lease)
        queued, passed = make_connection_test(*ada), make_connection_test(*ada, state="passed")
        backed_up(path)
        with elsewhere.bare():
            restore(path)

        with elsewhere.started():
            ends = {each: reload(ConnectionTest, each) for each in (running, queued, passed)}
            assert [test.state for test in ends.values()] == ["failed", "failed", "passed"]
            assert [test.failure_code for test in ends.values()] == ["interrupted", "interrupted", None]
            assert (ends[running].failure_step, ends[running].owner) == ("sign_in", None)

    def test_each_workspace_reads_in_its_audit_log_that_it_was_restored(self, ada, path, elsewhere):
        make_workspace("Zenith")
        made = backed_up(path)
        with elsewhere.bare():
            restore(path)

        with elsewhere.started():
            found = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "restored")).all()
            assert [event.workspace_id for event in found] == [1, 2]
            assert {(event.actor, event.details["backup_of"]) for event in found} == {(None, made.made_at)}


class TestOlderBackups:
    @pytest.mark.claim("C19", partly=True)
    def test_one_from_before_the_workspace_key_was_replaced_opens(self, acme, ava, path, elsewhere):
        before = db.session.scalars(sa.select(WorkspaceKey.id)).all()
        backed_up(path)
        assert [outcome.is_finished for outcome in rotate_now("Acme")] == [True]
        assert db.session.scalars(sa.select(WorkspaceKey.id)).all() != before

        with elsewhere.bare():
            restore(path)
        with elsewhere.started():
            assert db.session.scalars(sa.select(WorkspaceKey.id)).all() == before
            assert_whole()
            assert [outcome.is_finished for outcome in rotate_now("Acme")] == [True]
            assert_whole()

    def test_one_from_before_the_instance_key_was_replaced_opens_with_the_retired_file(
        self, ava, path, elsewhere
    ):
        [old] = backed_up(path).instance_keys
        new = rotate_instance_key()

        with elsewhere.bare():
            restore(path)
        with elsewhere.started():
            assert key_ring().current().id == new
            assert set(db.session.scalars(sa.select(WorkspaceKey.wrapped_by))) == {old}
            assert key_problem() is None
            assert_whole()
            rotate_instance_key()
            assert_whole()

    def test_one_of_an_earlier_revision_is_migrated_and_waits_to_be_confirmed(
        self, settings, path, elsewhere
    ):
        with elsewhere.bare():
            for revision in list(ROWS)[:3]:
                flask_migrate.upgrade(revision=revision)
                with db.engine.begin() as connection:
                    write_rows(connection, revision)
            key = InstanceKey(settings.key_file.read_bytes().strip())
            wrapped = sa.text("UPDATE workspace_key SET wrapped = :wrapped")
            with db.engine.begin() as connection:
                connection.execute(wrapped, {"wrapped": key.wrap(b"k" * 44)})
            assert make_backup(path).revision == list(ROWS)[2]
            drop_tables()
            restore(path)

        with elsewhere.started():
            assert db.session.scalars(sa.select(Workspace.name)).all() == ["W1", "W2"]
            assert set(db.session.scalars(sa.select(WorkspaceKey.wrapped_by))) == {key.id}
            assert not place_state().confirmed
