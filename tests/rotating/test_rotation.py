"""A rotation from the asking to the end, and what keeps one from its end."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, ConnectionTest, KeyRotation
from nimbus.rules.connection_test import Leg, Purpose
from nimbus.rules.roles import Role
from nimbus.security.instance_keys import KeyFileProblem, KeyRing, ensure_instance_key
from nimbus.security.vault import CannotOpenSecret
from nimbus.services.asker import Asker
from nimbus.services.connect_account import start_test
from nimbus.services.reseal_secrets import run
from nimbus.services.rotate_keys import NoSuchWorkspace, ask_for_rotation, rotate_due, rotate_now
from tests.factories import mail_settings, make_email_account, make_person, make_workspace
from tests.rotating.fleet import damage, everything, fill, keys_named, keys_of, rotation_of


def rotate(workspace_id):
    ask_for_rotation(workspace_id)
    run(workspace_id, rotation_of(workspace_id).id)
    return rotation_of(workspace_id)


def test_every_secret_opens_as_before_under_one_new_key(acme, secrets):
    [old] = keys_of(acme)

    rotation = rotate(acme)

    assert keys_of(acme) == [rotation.key_id] != [old]
    assert keys_named(acme) == {rotation.key_id}
    assert everything(acme) == secrets
    assert (rotation.total, rotation.done, rotation.keys_destroyed) == (337, 337, 1)
    assert rotation.finished_at is not None
    assert (rotation.problem, rotation.owner, rotation.lease_until) == (None, None, None)


def test_what_is_sealed_after_the_asking_has_the_new_key_at_once(acme):
    ask_for_rotation(acme)

    make_email_account(acme)

    assert keys_named(acme) == {rotation_of(acme).key_id}


def test_workspace_without_a_secret_gets_its_new_key(acme):
    rotation = rotate(acme)

    assert keys_of(acme) == [rotation.key_id]
    assert rotation.total == rotation.done == 0


def test_clock_that_was_set_back_does_not_make_the_new_key_the_older_one(acme, secrets, clock):
    clock.advance(days=-400)

    rotation = rotate(acme)

    assert keys_of(acme) == [rotation.key_id]
    assert keys_named(acme) == {rotation.key_id}
    assert everything(acme) == secrets


def test_rotation_of_one_workspace_leaves_the_others_alone(acme, secrets):
    charlie = make_person(make_workspace("Zenith"), "Charlie")
    theirs = fill(charlie.workspace_id, charlie.user_id, 3)
    before = keys_of(charlie.workspace_id)

    rotate(acme)

    assert keys_of(charlie.workspace_id) == before
    assert keys_named(charlie.workspace_id) == set(before)
    assert everything(charlie.workspace_id) == theirs


def test_both_ends_are_in_the_audit_log(ada, secrets):
    acme, user_id = ada
    ask_for_rotation(acme, asker=Asker(acme, user_id, "Ada", Role.OWNER, address="192.0.2.7"))
    rotation = rotation_of(acme)
    run(acme, rotation.id)

    asked, finished = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id))
    assert (asked.action, asked.actor, asked.address) == ("rotation_asked", "Ada", "192.0.2.7")
    assert (finished.action, finished.actor) == ("rotation_finished", None)
    assert asked.object_id == finished.object_id == rotation.key_id
    assert finished.details == {"sealed_again": 337, "keys_destroyed": 1}


def test_damaged_password_keeps_the_old_key_and_is_named(acme, secrets):
    [old] = keys_of(acme)
    damage(acme, account_id=1)
    damage(acme, account_id=2, leg="imap")

    rotation = rotate(acme)

    assert rotation.problem == (
        "The stored passwords of person1@acme.test and person2@acme.test do not open. "
        "Connect these accounts again. Until then the old key is kept; everything else has the new one."
    )
    assert (rotation.done, rotation.finished_at, rotation.owner) == (334, None, None)
    assert keys_of(acme) == [old, rotation.key_id]


def test_rotation_ends_by_itself_once_the_damaged_account_was_connected_again(ada, secrets, clock, run_jobs):
    acme, user_id = ada
    damage(acme, account_id=1)
    ask_for_rotation(acme)
    run_jobs()
    with transaction() as session:  # what connecting it again leaves behind
        session.execute(sa.text("DELETE FROM mail_server WHERE account_id = 1"))
    fill(acme, user_id, 1, tests=0)
    rotate_due()
    run_jobs()
    assert rotation_of(acme).problem

    clock.advance(seconds=61)
    rotate_due()
    run_jobs()

    rotation = rotation_of(acme)
    assert (rotation.problem, rotation.keys_destroyed) == (None, 1)
    assert keys_of(acme) == [rotation.key_id]


def test_asking_again_goes_on_at_once_where_something_did_not_open(acme, secrets, run_jobs):
    damage(acme, account_id=1)
    assert rotate(acme).problem
    with transaction() as session:
        session.execute(sa.text("DELETE FROM mail_server WHERE account_id = 1"))

    assert ask_for_rotation(acme) is False
    run_jobs()

    assert rotation_of(acme).finished_at is not None


def test_damaged_password_that_a_test_keeps_goes_by_itself(acme, secrets):
    with transaction() as session:
        session.execute(sa.update(ConnectionTest).values(sealed_imap_password="damaged"))

    problem = rotate(acme).problem

    assert problem.startswith("A password that a connection test keeps does not open; it goes by itself")


def test_password_moved_to_another_row_opens_nowhere_and_stops_the_rotation(acme, secrets):
    of_2 = "SELECT sealed_password FROM mail_server WHERE account_id = 2 AND leg = 'smtp'"
    with transaction() as session:
        session.execute(
            sa.text(
                f"UPDATE mail_server SET sealed_password = ({of_2}) WHERE account_id = 1 AND leg = 'smtp'"
            )
        )

    with pytest.raises(CannotOpenSecret):
        everything(acme)
    assert "person1@acme.test does not open" in rotate(acme).problem


@pytest.mark.claim("C19", partly=True)
def test_keys_older_than_their_workspaces_schedule_are_replaced_by_the_timetable(
    acme, secrets, clock, run_jobs
):
    zenith = make_workspace("Zenith")
    with transaction() as session:
        session.execute(sa.text(f"UPDATE workspace SET rotation_days = 30 WHERE id = {zenith}"))
    before = {workspace: keys_of(workspace) for workspace in (acme, zenith)}

    def changed():
        rotate_due()
        run_jobs()
        return {workspace for workspace in before if keys_of(workspace) != before[workspace]}

    clock.advance(days=29, hours=23)
    assert changed() == set()
    clock.advance(hours=2)
    assert changed() == {zenith}
    clock.advance(days=60)
    assert changed() == {acme, zenith}
    assert everything(acme) == secrets
    assert db.session.scalar(sa.select(sa.func.count()).select_from(KeyRotation)) == 3


def test_rotation_whose_worker_died_is_taken_up_after_its_lease(acme, secrets, clock, run_jobs):
    ask_for_rotation(acme)
    with transaction() as session:
        session.execute(sa.update(KeyRotation).values(owner="gone", lease_until=now()))
    run_jobs()
    clock.advance(seconds=1)

    rotate_due()
    run_jobs()

    assert rotation_of(acme).finished_at is not None


def test_rotation_that_somebody_works_on_is_left_to_him(acme, secrets, clock):
    ask_for_rotation(acme)
    clock.advance(seconds=1)
    with transaction() as session:
        session.execute(sa.update(KeyRotation).values(owner="busy", lease_until=now()))
    clock.advance(seconds=-1)

    run(acme, rotation_of(acme).id)

    assert (rotation_of(acme).owner, rotation_of(acme).done) == ("busy", 0)


@pytest.fixture
def other_key_file(app, tmp_path):
    """Give the application another installation's key file, and take it away again."""
    right = app.extensions["nimbus.key_ring"]
    ensure_instance_key(tmp_path / "other" / "instance.key")

    def give(*, wrong):
        app.extensions["nimbus.key_ring"] = KeyRing(tmp_path / "other" / "instance.key") if wrong else right

    return give


def test_without_the_right_key_file_nothing_is_rotated_and_no_key_is_made(
    acme, secrets, clock, other_key_file
):
    other_key_file(wrong=True)
    with pytest.raises(KeyFileProblem):
        ask_for_rotation(acme)
    clock.advance(days=91)
    rotate_due()

    assert len(keys_of(acme)) == 1
    assert rotation_of(acme) is None
    other_key_file(wrong=False)
    assert everything(acme) == secrets


def test_rotation_that_loses_its_key_file_says_so_and_goes_on_later(acme, secrets, other_key_file):
    ask_for_rotation(acme)
    other_key_file(wrong=True)
    run(acme, rotation_of(acme).id)
    assert "key" in rotation_of(acme).problem

    other_key_file(wrong=False)
    run(acme, rotation_of(acme).id)

    assert rotation_of(acme).problem is None
    assert everything(acme) == secrets


def test_account_with_a_damaged_password_is_tested_with_a_typed_one(ada, secrets):
    acme, user_id = ada
    asker = Asker(acme, user_id, "Ada", Role.OWNER, address="")
    damage(acme, account_id=1)
    settings, typed = mail_settings("person1@acme.test"), {Leg.SMTP: "typed", Leg.IMAP: "typed"}

    with pytest.raises(CannotOpenSecret):
        start_test(asker, settings, {}, purpose=Purpose.RETEST, account_id=1)
    assert start_test(asker, settings, typed, purpose=Purpose.RECONNECT, account_id=1)


def test_rotating_by_name_takes_that_workspace_alone(acme, secrets):
    zenith = make_workspace("Zenith")
    before = keys_of(acme)

    [outcome] = rotate_now("Zenith")

    assert outcome == (
        True,
        f"Zenith: key {keys_of(zenith)[0]}; passwords sealed again: 0; older keys destroyed: 1.",
    )
    assert keys_of(acme) == before
    with pytest.raises(NoSuchWorkspace, match="There is no workspace called Nobody"):
        rotate_now("Nobody")
