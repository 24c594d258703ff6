"""Rotations that are killed, doubled, frozen, and met by others who read and write: nothing is ever unreadable."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import KeyRotation, MailServer
from nimbus.models.mail_server import vault_owner
from nimbus.rules.connection_test import Purpose
from nimbus.rules.roles import Role
from nimbus.security.held_keys import hold_vault
from nimbus.security.workspace_keys import vault_of
from nimbus.services.asker import Asker
from nimbus.services.connect_account import start_test
from nimbus.services.reseal_secrets import run
from nimbus.services.rotate_keys import ask_for_rotation, rotate_now
from tests.factories import mail_settings
from tests.rotating.children import ended, goes_on, in_child, stands_still_at, stopped, wake
from tests.rotating.fleet import everything, keys_named, keys_of, rotation_of
from tests.rotating.killing import finish, rotate_and_kill
from tests.servers.processes import wait_until

KILLS = 20


@pytest.fixture
def rotation(acme, secrets):
    """A rotation that was asked for and that nobody has begun; its id."""
    ask_for_rotation(acme)
    return rotation_of(acme).id


def store(vault, password, account_id=1):
    """Write a password as whoever holds this vault would, in the caller's transaction."""
    sealed = vault.seal(password, owner=vault_owner(account_id, "smtp"), field="password")
    db.session.execute(
        sa.update(MailServer)
        .where(MailServer.account_id == account_id, MailServer.leg == "smtp")
        .values(sealed_password=sealed)
    )


def stored(workspace_id, account_id=1):
    return everything(workspace_id)["sealed_password", account_id, "smtp"]


def rotations():
    """Every rotation as it is, oldest first."""
    db.session.rollback()
    return db.session.execute(sa.select(*KeyRotation.__table__.c).order_by(KeyRotation.id)).all()


@pytest.mark.claim("C19", partly=True)
def test_rotation_killed_at_twenty_random_points_leaves_everything_readable(app, clock, acme, secrets):
    killed = rotate_and_kill(app, clock, acme, secrets, seed=10, kills=KILLS, points=60)

    assert (killed.kills, killed.unreadable) == (KILLS, 0)
    finish(clock, acme)
    assert everything(acme) == secrets


def test_two_processes_that_run_one_rotation_do_each_value_once(app, acme, secrets, rotation):
    both = [in_child(app, lambda: run(acme, rotation)) for _ in range(2)]

    assert [ended(pid) for pid in both] == [0, 0]
    after = rotation_of(acme)
    assert (after.done, after.keys_destroyed) == (after.total, 1)
    assert keys_named(acme) == set(keys_of(acme)) == {after.key_id}
    assert everything(acme) == secrets


def test_two_who_ask_at_once_get_one_rotation(app, acme, secrets):
    both = [in_child(app, lambda: ask_for_rotation(acme)) for _ in range(2)]

    assert [ended(pid) for pid in both] == [0, 0]
    assert len(keys_of(acme)) == 2


@pytest.mark.parametrize("transaction_number", [3, 4, 6, 8])  # the reading, two batches, the end
def test_worker_that_stood_still_while_others_rotated_twice_changes_nothing(
    app, clock, acme, secrets, rotation, transaction_number
):
    frozen = in_child(app, lambda: (stands_still_at(transaction_number), run(acme, rotation)))
    assert stopped(frozen)
    clock.advance(seconds=30)
    run(acme, rotation)
    assert all(outcome.is_finished for outcome in rotate_now())
    before = rotations()

    assert goes_on(frozen) == 0

    assert rotations() == before
    assert keys_named(acme) == set(keys_of(acme)) == {before[-1].key_id}
    assert everything(acme) == secrets


@pytest.mark.claim("C19", partly=True)
def test_everybody_reads_everything_while_keys_change(app, ada, secrets):
    acme, user_id = ada
    asker = Asker(acme, user_id, "Ada", Role.OWNER, address="")
    settings = mail_settings("person1@acme.test").changed(
        {"smtp_host": "smtp.acme.test", "imap_host": "imap.acme.test"}
    )
    rotator = in_child(app, lambda: [rotate_now() for _ in range(5)])
    reads = 0
    while len(keys_of(acme)) > 1 or reads < 10:
        assert secrets.items() <= everything(acme).items()
        start_test(
            asker, settings, {}, purpose=Purpose.RETEST, account_id=1
        )  # opens and seals, as a person's click
        reads += 1
    assert ended(rotator) == 0
    kept = everything(acme).items() - secrets.items()
    assert {text for _, text in kept} == {stored(acme), everything(acme)["sealed_password", 1, "imap"]}
    assert keys_named(acme) == set(keys_of(acme))


def test_password_changed_during_a_rotation_keeps_its_new_value_and_gets_the_new_key(app, acme, rotation):
    frozen = in_child(
        app, lambda: (stands_still_at(4), run(acme, rotation))
    )  # its batch is read and not written
    assert stopped(frozen)
    with transaction() as session:
        store(hold_vault(session, acme), "typed meanwhile")
    assert goes_on(frozen) == 0

    assert stored(acme) == "typed meanwhile"
    assert keys_named(acme) == {rotation_of(acme).key_id}


def test_value_sealed_by_somebody_with_an_old_vault_is_found_by_the_last_count(app, acme, secrets):
    old = vault_of(db.session(), acme)
    ask_for_rotation(acme)
    rotation = rotation_of(acme)
    frozen = in_child(app, lambda: (stands_still_at(6), run(acme, rotation.id)))
    assert stopped(frozen)
    with transaction():
        store(old, "sealed by the old key")
    assert goes_on(frozen) == 0

    assert stored(acme) == "sealed by the old key"
    assert keys_named(acme) == set(keys_of(acme)) == {rotation.key_id}


def test_rotation_waits_for_whoever_is_sealing_with_the_old_key(app, acme, secrets):
    [old] = keys_of(acme)
    rotator = in_child(app, lambda: (stands_still_at(1), rotate_now()))
    assert stopped(rotator)
    with transaction() as session:
        vault = hold_vault(session, acme)
        wake(rotator)
        if session.get_bind().dialect.name == "postgresql":  # SQLite has no room for two writers at all
            waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            wait_until(lambda: session.scalar(waiting), within=10, what="the rotation to wait")
        store(vault, "sealed just in time")
    assert ended(rotator) == 0

    assert stored(acme) == "sealed just in time"
    assert old not in keys_named(acme) | set(keys_of(acme))


def test_row_that_somebody_holds_is_left_for_later_and_nobody_waits_for_the_rotation(
    app, clock, acme, secrets, rotation, database_url
):
    if database_url is None:
        pytest.skip("SQLite has one writer at a time, so nobody holds a row")
    rotator = in_child(app, lambda: (stands_still_at(4), run(acme, rotation)))
    assert stopped(rotator)
    with transaction() as session:
        session.execute(sa.update(MailServer).where(MailServer.account_id == 1).values(folder="INBOX"))
        assert goes_on(rotator) == 0
    assert 0 < rotation_of(acme).done < len(secrets)
    assert len(keys_of(acme)) == 2

    clock.advance(seconds=30)
    run(acme, rotation)

    assert keys_named(acme) == set(keys_of(acme)) == {rotation_of(acme).key_id}
    assert everything(acme) == secrets
