"""What workers may be asked for: each loads by id, calls one service, and is harmless when repeated."""

import pytest
import sqlalchemy as sa

from jobs import connection_tests, keys, maintenance
from nimbus import queues
from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth, KeyRotation
from nimbus.queues import ring
from nimbus.services.rotate_keys import ask_for_rotation
from tests.factories import (
    mail_settings,
    make_connection_test,
    make_email_account,
    make_person,
    make_workspace,
    reload,
)

# Nothing listens on port 1, so a test ends at its second step without waiting for a network.
NOWHERE = mail_settings(smtp_host="127.0.0.1", smtp_port=1).as_dict()


@pytest.fixture
def environ():
    return {"NIMBUS_OUTBOUND_ALLOW": "127.0.0.0/8:1"}


@pytest.fixture
def ada(context):
    person = make_person(make_workspace("Acme"), "Ada")
    return person.workspace_id, person.user_id


def snapshot():
    db.session.rollback()
    return db.session.execute(sa.select(*ConnectionTest.__table__.c)).all()


def test_verify_runs_the_test_with_that_id_and_no_other(ada):
    wanted, other = (make_connection_test(*ada, settings=NOWHERE) for _ in range(2))

    connection_tests.verify(ada[0], wanted)

    assert reload(ConnectionTest, wanted).state == "failed"
    assert reload(ConnectionTest, other).state == "queued"


def test_verify_repeated_changes_nothing(ada):
    test_id = make_connection_test(*ada, settings=NOWHERE)
    connection_tests.verify(ada[0], test_id)
    before = snapshot()

    connection_tests.verify(ada[0], test_id)

    assert snapshot() == before


@pytest.mark.parametrize("state", ["running", "passed", "failed", "stopped"])
def test_verify_leaves_a_test_alone_that_is_not_its_turn(ada, state):
    test_id = make_connection_test(*ada, settings=NOWHERE, state=state)
    before = snapshot()

    connection_tests.verify(ada[0], test_id)

    assert snapshot() == before


def test_verify_of_an_unknown_id_or_of_another_workspace_does_nothing(ada):
    test_id = make_connection_test(*ada, settings=NOWHERE)
    before = snapshot()

    connection_tests.verify(ada[0], 999_999)
    connection_tests.verify(make_workspace("Zenith"), test_id)

    assert snapshot() == before


def test_sweep_closes_what_nobody_will_finish_and_repeats_without_harm(ada):
    test_id = make_connection_test(*ada, state="running", owner="w", lease_until=now())

    maintenance.sweep()
    before = snapshot()
    maintenance.sweep()

    assert reload(ConnectionTest, test_id).failure_code == "interrupted"
    assert snapshot() == before


def test_purge_deletes_what_was_kept_long_enough_and_repeats_without_harm(ada, clock):
    make_email_account(ada[0], "gone@acme.test", removed_at=now())
    stays = make_email_account(ada[0], "stays@acme.test")
    clock.advance(days=31)

    maintenance.purge()
    maintenance.purge()

    assert db.session.scalars(sa.select(EmailAccountHealth.id)).all() == [stays]


def test_rotate_carries_that_rotation_on_and_repeats_without_harm(ada):
    make_email_account(ada[0])
    ask_for_rotation(ada[0])
    [rotation_id] = db.session.scalars(sa.select(KeyRotation.id))

    keys.rotate(make_workspace("Zenith"), rotation_id)
    assert reload(KeyRotation, rotation_id).finished_at is None
    keys.rotate(ada[0], rotation_id)
    finished = reload(KeyRotation, rotation_id).finished_at
    keys.rotate(ada[0], rotation_id)

    assert finished is not None
    assert (reload(KeyRotation, rotation_id).finished_at, reload(KeyRotation, rotation_id).done) == (
        finished,
        2,
    )


def test_rotate_due_asks_once_for_what_is_due(ada, clock):
    clock.advance(days=91)

    keys.rotate_due()
    keys.rotate_due()

    assert len(db.session.scalars(sa.select(KeyRotation.id)).all()) == 1


def test_a_worker_finds_every_job_by_its_name_with_ids_alone(app, run_jobs):
    with app.app_context():
        alone = (
            queues.SWEEP,
            queues.PURGE,
            queues.ROTATE_DUE_KEYS,
            queues.REFRESH_TOKENS,
            queues.REVIEW_DUE,
            queues.CHECK_DUE_DOMAINS,
            queues.RUN_DUE_BATCHES,
            queues.SYNC_DUE,
        )
        rung = [
            ring(job, *((1,) if job == queues.REVIEW else (1, 999_999)))
            for job in queues.JOBS
            if job not in alone
        ]
        rung += [ring(job) for job in alone]

    run_jobs()

    assert rung == [True] * len(queues.JOBS)
