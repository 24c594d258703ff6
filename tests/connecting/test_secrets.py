"""Where a mailbox's password is after it was connected: sealed in one place, readable with both halves only."""

import base64
import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from nimbus import create_app, queues
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import ConnectionTest, MailServer, WorkspaceKey
from nimbus.queue_server import queue_url
from nimbus.security.instance_keys import KeyFileProblem, ensure_instance_key
from nimbus.security.vault import CannotOpenSecret
from nimbus.security.workspace_keys import vault_of
from tests.connecting.canary import CANARY, everything_in_files, everything_in_queue, found_in


@pytest.fixture
def connected(connect, new_mailbox, read):
    """An account whose password is the canary; its SMTP server's row."""
    connect(**new_mailbox(password=CANARY))
    return next(server for server in read(MailServer) if server.leg == "smtp")


@pytest.fixture
def instance_key(app):
    return Fernet(app.extensions["nimbus.settings"].key_file.read_bytes().strip())


def data_keys(read, instance_key):
    """Workspace id to its data key, as only the holder of the key file can read it."""
    return {
        row.workspace_id: Fernet(instance_key.decrypt(row.wrapped.encode())) for row in read(WorkspaceKey)
    }


@pytest.mark.claim("C17")
def test_stored_password_is_fernet_and_opens_with_its_key_alone(connected, read, instance_key, cast):
    key_id, _, token = connected.sealed_password.partition(":")

    opened = json.loads(data_keys(read, instance_key)[cast.alice.workspace_id].decrypt(token.encode()))

    assert base64.urlsafe_b64decode(token)[0] == 0x80  # the version byte of Fernet
    assert opened[-1] == CANARY
    assert key_id in {row.id for row in read(WorkspaceKey)}
    for other in (instance_key, Fernet(Fernet.generate_key())):
        with pytest.raises(InvalidToken):
            other.decrypt(token.encode())


@pytest.mark.claim("C18")
def test_another_workspaces_key_does_not_open_it(app, connected, read, instance_key, cast):
    token = connected.sealed_password.partition(":")[2]

    with pytest.raises(InvalidToken):
        data_keys(read, instance_key)[cast.charlie.workspace_id].decrypt(token.encode())
    with app.app_context():
        own, foreign = (vault_of(db.session(), person.workspace_id) for person in (cast.alice, cast.charlie))
        where = {"owner": connected.vault_owner, "field": "password"}
        assert own.open(connected.sealed_password, **where) == CANARY
        with pytest.raises(CannotOpenSecret):
            foreign.open(connected.sealed_password, **where)


@pytest.mark.claim("C20")
def test_dump_of_the_database_gives_no_password_away(app, connected, settings, tmp_path, cast):
    with app.app_context():
        dump = "\n".join(db.session.connection().connection.driver_connection.iterdump())
        queue = queues.connect(queue_url(settings))
    assert "gAAAA" in dump

    for haystack in (dump.encode(), everything_in_files(settings.data_dir), everything_in_queue(queue)):
        assert found_in(haystack) == []

    ensure_instance_key(tmp_path / "other" / "instance.key")
    thief = create_app(replace(settings, key_file=tmp_path / "other" / "instance.key"))
    with thief.app_context():
        with pytest.raises(KeyFileProblem):
            vault_of(db.session(), cast.alice.workspace_id)
        db.engine.dispose()


@pytest.mark.parametrize("form", [str, lambda text: base64.b64encode(f"\0user\0{text}".encode()).decode()])
def test_search_for_the_canary_finds_it(form):
    assert found_in(b"before " + form(CANARY).encode() + b" after") != []


def test_kept_passwords_of_a_test_that_is_damaged_end_it_with_a_sentence(
    app, post, alice, run_jobs, last_test
):
    url = post()
    with app.app_context(), transaction() as session:
        session.execute(sa.update(ConnectionTest).values(sealed_smtp_password="damaged"))

    run_jobs()

    assert (last_test().state, last_test().failure_code) == ("failed", "internal")
    assert "Our side failed" in alice.get(url).text
