"""A backup is of one instant, whatever is written meanwhile, and tells nobody a secret."""

import errno
import os
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import InstanceFact, User, WorkspaceKey
from nimbus.security.instance_keys import key_ring
from nimbus.services.backup import CannotBackUp, key_file_of, make_backup
from nimbus.services.instance_keys import rotate_instance_key
from nimbus.services.sign_in import open_session
from nimbus.settings import current_settings
from tests.cast import PASSWORD as PERSONS_PASSWORD
from tests.factories import PASSWORD, make_connection_test, make_workspace
from tests.services.restoring import content_of, table_in

PASSPHRASE = "a long enough passphrase"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nimbus.backup"


@pytest.fixture
def writer(app):
    """Somebody who commits pairs, one half in each of two tables, until told to stop; gives the pairs so far."""
    stop, wrote = Event(), Event()
    pairs = []

    def write():
        with app.app_context():
            while not stop.is_set():
                name = f"pair-{len(pairs):06}"
                with transaction() as session:
                    session.add(InstanceFact(name=name, value="x" * 500))
                    session.flush()
                    session.add(User(email=name, name=name, password_hash="", created_at=now()))
                pairs.append(name)
                if len(pairs) > 5:
                    wrote.set()
            db.session.remove()

    thread = Thread(target=write)
    thread.start()
    assert wrote.wait(30)
    yield pairs
    stop.set()
    thread.join()


def test_a_backup_taken_while_pairs_are_written_has_both_of_each_or_neither(context, writer, path):
    for number in range(8):
        file, before = path.with_name(str(number)), len(writer)

        make_backup(file)

        content = content_of(file)
        facts = {row["name"] for row in table_in(content, "instance_fact") if row["name"].startswith("pair")}
        assert facts == {row["name"] for row in table_in(content, "user_account")}
        assert len(facts) >= before


@pytest.mark.claim("C20", partly=True)
def test_a_backup_shows_no_secret_to_whoever_has_the_file(ada, ava, settings, path):
    token = open_session(*ada, address="192.0.2.1", browser="Firefox")
    make_connection_test(*ada)
    workspace_key = key_ring().current().unwrap(db.session.scalars(sa.select(WorkspaceKey.wrapped)).one())

    make_backup(path)

    written = path.read_bytes() + content_of(path)
    assert b"ava@acme.test" in written
    for secret in (
        PASSWORD,
        PERSONS_PASSWORD,
        token,
        settings.secret_key,
        settings.key_file.read_text().strip(),
    ):
        assert secret.encode() not in written
    assert workspace_key not in written


def test_an_encrypted_backup_shows_nothing_of_any_row(ada, ava, path):
    make_connection_test(*ada)
    make_backup(path, passphrase=PASSPHRASE)

    written = path.read_bytes()
    content = content_of(path, PASSPHRASE)
    texts = {
        str(value)
        for table in ("workspace", "user_account", "mail_server", "email_account_health", "workspace_key")
        for row in table_in(content, table)
        for value in row.values()
        if len(str(value)) >= 4
    }
    assert "ava@acme.test" in texts
    assert [text for text in texts if text.encode() in written] == []
    assert PASSPHRASE.encode() not in written


def test_it_names_the_key_that_it_needs_and_where_that_is(acme, path):
    made = make_backup(path)

    [key_id] = made.instance_keys
    key_file = current_settings().key_file
    assert key_id == key_ring().current().id
    assert key_file_of(key_id, key_file) == key_file
    assert (made.workspaces, made.database) == (1, db.engine.dialect.name)


def test_it_names_the_retired_file_once_the_key_was_replaced(acme, path):
    made = make_backup(path)
    rotate_instance_key()

    [key_id] = made.instance_keys
    key_file = current_settings().key_file
    assert key_file_of(key_id, key_file) == key_file.with_name(f"{key_file.name}.retired-{key_id}")
    assert make_backup(path.with_name("newer")).instance_keys == [key_ring().current().id]
    assert key_file_of("0" * 16, key_file) is None


def test_an_older_backup_is_not_overwritten(acme, path):
    make_backup(path)
    before = path.read_bytes()

    with pytest.raises(CannotBackUp, match="exists already"):
        make_backup(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 11])
def test_a_passphrase_that_is_soon_guessed_is_refused(acme, path, passphrase):
    with pytest.raises(CannotBackUp, match="at least 12 characters"):
        make_backup(path, passphrase=passphrase)
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_named(acme, tmp_path):
    path = tmp_path / "nowhere" / "nimbus.backup"

    with pytest.raises(CannotBackUp) as refusal:
        make_backup(path)
    assert str(refusal.value) == f"{path} cannot be written: {os.strerror(errno.ENOENT)}."


def test_a_backup_changes_nothing_in_the_database(ada, ava, path):
    make_backup(path)
    make_backup(path.with_name("second"))

    first, second = (content_of(file).splitlines()[1:] for file in (path, path.with_name("second")))
    assert first == second
    assert make_workspace("New") == 2
