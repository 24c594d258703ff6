"""What runs by itself: ringing again, closing what nobody will finish, forgetting."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from nimbus import queues
from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth, HealthEvent, InboxDay, UserSession
from nimbus.queue_server import queue_url
from nimbus.services.sign_in import open_session
from nimbus.services.sweep import purge, sweep
from nimbus.services.update_account import remove_account
from nimbus.settings import current_settings
from tests.factories import make_connection_test, make_email_account, make_events, make_inbox_day, reload

FINISHED = ("passed", "failed", "stopped")


def rung():
    """The ids of the tests that workers were asked to look at."""
    connection = queues.connect(queue_url(current_settings()))
    waiting = Queue(queues.INTERACTIVE, connection=connection, serializer=JSONSerializer).get_jobs()
    assert {job.func_name for job in waiting} <= {queues.VERIFY_CONNECTION}
    return sorted(job.args[1] for job in waiting)


def ago(**length):
    return now() - timedelta(**length)


def later(**length):
    return now() + timedelta(**length)


def state(test_id):
    return reload(ConnectionTest, test_id).state


def test_a_queued_test_is_rung_for_again_after_five_seconds(ada, clock):
    test_id = make_connection_test(*ada)
    sweep()
    assert rung() == []

    clock.advance(seconds=6)
    sweep()
    sweep()
    assert rung() == [test_id]
    assert state(test_id) == "queued"


def test_a_waiting_test_is_rung_for_when_its_next_look_is_due(ada, clock):
    waiting = {"state": "waiting", "wait_until": later(seconds=90)}
    due = make_connection_test(*ada, **waiting, next_look_at=later(seconds=5))
    make_connection_test(*ada, **waiting, next_look_at=later(seconds=50))
    clock.advance(seconds=10)

    sweep()

    assert rung() == [due]


def test_a_test_whose_worker_lives_is_left_alone(ada):
    test_id = make_connection_test(*ada, state="running", owner="w", lease_until=later(seconds=1))

    sweep()

    assert state(test_id) == "running"
    assert rung() == []


def test_a_test_whose_worker_died_is_closed_where_it_stood(ada):
    progress = [["smtp", "find_server", "passed", ""], ["smtp", "hand_over", "running", ""]]
    lost = {"state": "running", "owner": "w", "lease_until": ago(seconds=1)}
    test_id = make_connection_test(*ada, **lost, progress=progress)
    early = make_connection_test(*ada, **lost, purpose="folder")

    sweep()

    test = reload(ConnectionTest, test_id)
    assert (test.state, test.failure_code, test.owner) == ("failed", "interrupted", None)
    assert (test.failure_leg, test.failure_step) == ("smtp", "hand_over")
    assert test.finished_at is not None
    before_its_first_step = reload(ConnectionTest, early)
    assert (before_its_first_step.failure_leg, before_its_first_step.failure_step) == ("imap", "find_server")
    assert rung() == []


@pytest.mark.parametrize(
    "lost",
    [
        {"state": "waiting", "wait_until": timedelta(seconds=-61), "next_look_at": timedelta(seconds=-70)},
        {"state": "queued", "secrets_until": timedelta(seconds=-1)},
    ],
    ids=["nobody looked", "nobody began"],
)
def test_a_test_that_nobody_will_finish_ends_as_interrupted(ada, lost):
    values = {name: now() + value if isinstance(value, timedelta) else value for name, value in lost.items()}
    test_id = make_connection_test(*ada, **values)

    sweep()

    assert (state(test_id), reload(ConnectionTest, test_id).failure_code) == ("failed", "interrupted")


def test_passwords_are_cleared_once_their_15_minutes_are_over_and_not_before(ada, clock):
    failed = make_connection_test(*ada, state="failed")
    running = make_connection_test(*ada, state="running", owner="w", lease_until=later(hours=1))

    def kept(test_id):
        test = reload(ConnectionTest, test_id)
        return [test.sealed_smtp_password is not None, test.sealed_imap_password is not None]

    clock.advance(minutes=14)
    sweep()
    assert kept(failed) == kept(running) == [True, True]

    clock.advance(minutes=2)
    sweep()
    assert kept(failed) == [False, False]
    assert kept(running) == [True, True]


def test_a_finished_test_keeps_its_end(ada, clock):
    ids = [make_connection_test(*ada, state=finished) for finished in FINISHED]
    clock.advance(days=1)

    sweep()

    assert [state(test_id) for test_id in ids] == [*FINISHED]
    assert rung() == []


def test_a_queue_that_is_away_does_not_stop_the_sweep(app, ada, clock):
    queued = make_connection_test(*ada)
    lost = make_connection_test(*ada, state="running", lease_until=now())
    app.extensions["nimbus.settings"] = replace(current_settings(), redis_url="unix:///nowhere.sock")
    clock.advance(seconds=10)

    sweep()

    assert [state(queued), state(lost)] == ["queued", "failed"]


def test_sweeps_at_the_same_moment_close_a_test_once(ada, at_once):
    ids = [make_connection_test(*ada, state="running", lease_until=ago(seconds=1)) for _ in range(5)]
    db.session.rollback()

    assert at_once(lambda _: sweep(), 3) == [None, None, None]
    assert {state(test_id) for test_id in ids} == {"failed"}


def test_a_removed_account_is_purged_after_30_days_with_its_history(ada, asker, clock):
    gone, stays = make_email_account(ada[0], "gone@acme.test"), make_email_account(ada[0], "stays@acme.test")
    for account_id in (gone, stays):
        make_events(ada[0], account_id, 2)
        make_inbox_day(ada[0], account_id, sent=1)
        make_connection_test(*ada, account_id=account_id, state="passed")
    remove_account(asker, gone)

    clock.advance(days=29, hours=23)
    purge()
    assert reload(EmailAccountHealth, gone) is not None

    clock.advance(hours=2)
    purge()
    assert db.session.scalars(sa.select(EmailAccountHealth.id)).all() == [stays]
    for table in (HealthEvent, InboxDay):
        assert set(db.session.scalars(sa.select(table.account_id))) == {stays}


def test_tests_are_purged_after_30_days_unless_they_are_under_way(ada, clock):
    old = [make_connection_test(*ada, state=each) for each in (*FINISHED, "queued", "running", "waiting")]
    clock.advance(days=30, seconds=1)
    fresh = make_connection_test(*ada, state="failed")

    purge()
    purge()

    left = db.session.scalars(sa.select(ConnectionTest.id).order_by(ConnectionTest.id)).all()
    assert left == [*old[3:], fresh]


def test_sessions_are_purged_after_30_days(ada, clock):
    open_session(*ada, address="", browser="old")
    clock.advance(days=30, seconds=1)
    open_session(*ada, address="", browser="new")

    purge()

    assert db.session.scalars(sa.select(UserSession.browser)).all() == ["new"]
