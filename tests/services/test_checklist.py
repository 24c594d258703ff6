"""The list of what runs and what comes next, looked up at that moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus import queues
from nimbus.queue_server import queue_url
from nimbus.services.checklist import run_checks
from nimbus.settings import current_settings


@pytest.fixture
def database_url():
    """None of these lines asks the database."""
    return


@pytest.fixture
def connection(context):
    return queues.connect(queue_url(current_settings()))


def worker(name="w1", seconds_ago=0, serves=queues.QUEUES):
    seen = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return queues.WorkerSeen(name, tuple(serves), "idle", seen)


def line(key, accounts=0):
    return next(check for check in run_checks(accounts) if check.key == key)


def test_the_lines_come_in_the_order_they_matter(connection):
    assert [check.key for check in run_checks(0)] == ["queue", "worker", "scheduler", "inbox"]


def test_a_queue_that_answers_is_fine_and_a_missing_worker_is_told_with_the_command(connection):
    assert line("queue").state == "ok"
    missing = line("worker")
    assert (missing.state, missing.command) == ("fail", "make worker")
    assert missing.sentence == "None is running. Without one, that work waits."


def test_workers_are_counted_with_the_last_sign_of_life(connection):
    queues.beat(connection, worker("w1", seconds_ago=20))
    queues.beat(connection, worker("w2", seconds_ago=9))

    alive = line("worker")
    assert alive.state == "ok"
    assert alive.sentence.startswith("2 running, last seen ")


def test_work_that_no_worker_serves_is_named(connection):
    queues.beat(connection, worker(serves=["send", "sync", "maintenance"]))

    missing = line("worker")
    assert missing.state == "fail"
    assert missing.sentence == "None is running for connection tests. Without one, that work waits."


def test_a_worker_that_was_silent_for_a_minute_is_gone(connection):
    queues.beat(connection, worker(seconds_ago=61))

    assert line("worker").state == "fail"


def test_moving_the_clock_of_the_practice_world_ends_no_worker(connection, clock):
    queues.beat(connection, worker())
    clock.advance(days=1)

    assert line("worker").state == "ok"


def test_the_scheduler_is_running_while_it_holds_its_lease(connection):
    assert line("scheduler").state == "fail"
    assert line("scheduler").command == "make scheduler"

    connection.set(queues.SCHEDULER_KEY, "x", ex=15)
    assert line("scheduler").state == "ok"


def test_a_queue_that_is_away_makes_the_others_unknown(app, connection):
    app.extensions["nimbus.settings"] = replace(current_settings(), redis_url="unix:///nowhere.sock")

    checks = run_checks(3)
    assert [(check.key, check.state) for check in checks] == [
        ("queue", "fail"),
        ("worker", "fail"),
        ("scheduler", "fail"),
        ("inbox", "ok"),
    ]
    assert checks[1].sentence == checks[2].sentence == "Not known while the queue does not answer."


@pytest.mark.parametrize(
    ("accounts", "state", "begins"),
    [(0, "todo", "It takes a minute"), (1, "ok", "One connected."), (1200, "ok", "1,200 connected.")],
)
def test_the_first_inbox_is_what_comes_next_until_there_is_one(connection, accounts, state, begins):
    first = line("inbox", accounts)

    assert (first.state, first.action) == (state, "connect")
    assert first.sentence.startswith(begins)
