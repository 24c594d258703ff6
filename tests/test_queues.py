"""The doorbell: what is asked for, when, how often, and what happens while the queue is away."""

import signal
import stat
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from jobs.schedule import Every, Scheduler
from nimbus import queue_server, queues
from nimbus.after_commit import ring_after_commit
from nimbus.errors import NimbusError
from nimbus.queues import (
    INTERACTIVE,
    PURGE,
    SWEEP,
    VERIFY_CONNECTION,
    WorkerSeen,
    beat,
    ring,
)
from nimbus.settings import load_settings

pytest_plugins = ["tests.queue_fixtures"]


def waiting(queue, name=INTERACTIVE):
    return Queue(name, connection=queue.connection, serializer=JSONSerializer).jobs


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    with Session(engine) as session:
        session.execute(sa.text("SELECT 1"))
        yield session
    engine.dispose()


@pytest.mark.usefixtures("queue_app")
def test_a_job_carries_its_name_its_ids_and_its_timeout(queue):
    assert ring(VERIFY_CONNECTION, 7, 42) is True

    (job,) = waiting(queue)
    assert (job.func_name, list(job.args), job.timeout, job.result_ttl) == (
        VERIFY_CONNECTION,
        [7, 42],
        180,
        0,
    )


@pytest.mark.usefixtures("queue_app")
def test_what_is_written_to_the_queue_is_json(queue):
    ring(VERIFY_CONNECTION, 7, 42)

    (job,) = waiting(queue)
    raw = queue.connection.hget(job.key, "data")
    assert JSONSerializer.loads(job.data)[2] == [7, 42]
    assert b"pickle" not in raw


@pytest.mark.usefixtures("queue_app")
def test_a_job_that_already_waits_is_not_queued_twice(queue):
    for _ in range(3):
        assert ring(VERIFY_CONNECTION, 7, 42) is True
    ring(VERIFY_CONNECTION, 7, 43)

    assert [list(job.args) for job in waiting(queue)] == [[7, 42], [7, 43]]


@pytest.mark.usefixtures("queue_app")
def test_a_job_that_was_taken_can_be_asked_for_again(queue):
    ring(VERIFY_CONNECTION, 7, 42)
    queue.connection.lpop("rq:queue:interactive")

    ring(VERIFY_CONNECTION, 7, 42)

    assert len(waiting(queue)) == 1


@pytest.mark.usefixtures("queue_app")
def test_a_queue_that_lost_everything_is_filled_again(queue):
    ring(VERIFY_CONNECTION, 7, 42)
    queue.connection.flushall()

    ring(VERIFY_CONNECTION, 7, 42)

    assert len(waiting(queue)) == 1


@pytest.mark.usefixtures("queue_app")
def test_text_too_long_for_an_id_is_refused():
    with pytest.raises(ValueError, match="ids only"):
        ring(VERIFY_CONNECTION, 1, "x" * 65)


@pytest.mark.usefixtures("queue_app")
def test_without_a_queue_ringing_warns_once_and_says_false(queue, caplog):
    queue.kill()

    assert ring(VERIFY_CONNECTION, 7, 42) is False

    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.usefixtures("queue_app")
def test_a_queue_that_hangs_costs_a_click_little_more_than_a_second(queue):
    queue.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()

    assert ring(VERIFY_CONNECTION, 7, 42) is False
    assert queues.queue_reachable() is False

    assert time.monotonic() - started < 3
    queue.process.send_signal(signal.SIGCONT)


@pytest.mark.usefixtures("queue_app")
def test_the_first_ring_after_a_restart_of_the_queue_is_heard(queue):
    ring(VERIFY_CONNECTION, 7, 42)
    queue.kill()
    queue.start()

    assert ring(VERIFY_CONNECTION, 7, 43) is True


@pytest.mark.usefixtures("queue_app")
def test_nothing_is_asked_for_before_the_commit(queue, session):
    ring_after_commit(session, VERIFY_CONNECTION, 1, 2)

    assert waiting(queue) == []
    session.commit()
    assert len(waiting(queue)) == 1


@pytest.mark.usefixtures("queue_app")
def test_a_commit_asks_only_once(queue, session):
    ring_after_commit(session, VERIFY_CONNECTION, 1, 2)
    session.commit()
    queue.connection.delete("rq:queue:interactive")

    session.execute(sa.text("SELECT 1"))
    session.commit()

    assert waiting(queue) == []


@pytest.mark.usefixtures("queue_app")
@pytest.mark.parametrize("end", [Session.rollback, Session.close])
def test_nothing_is_asked_for_after_a_transaction_that_did_not_commit(queue, session, end):
    ring_after_commit(session, VERIFY_CONNECTION, 1, 2)
    end(session)

    session.execute(sa.text("SELECT 1"))
    session.commit()

    assert waiting(queue) == []


@pytest.mark.usefixtures("queue_app")
def test_a_savepoint_takes_only_its_own_requests_with_it(queue, session):
    with session.begin_nested():
        ring_after_commit(session, VERIFY_CONNECTION, 1, 1)
    undone = session.begin_nested()
    ring_after_commit(session, VERIFY_CONNECTION, 1, 2)
    undone.rollback()
    ring_after_commit(session, VERIFY_CONNECTION, 1, 3)
    assert waiting(queue) == []

    session.commit()

    assert [list(job.args) for job in waiting(queue)] == [[1, 1], [1, 3]]


@pytest.mark.usefixtures("queue_app")
def test_a_worker_counts_as_running_for_a_minute_after_its_last_sign_of_life(queue):
    seen = WorkerSeen("w", ("interactive",), "busy", datetime(2026, 1, 1, 12, tzinfo=UTC))
    beat(queue.connection, seen)

    assert queues.workers_alive(seen.last_seen + timedelta(seconds=59)) == [seen]
    assert queues.workers_alive(seen.last_seen + timedelta(seconds=60)) == []


@pytest.mark.usefixtures("queue_app")
def test_workers_silent_for_an_hour_are_forgotten(queue):
    old = WorkerSeen("old", ("sync",), "idle", datetime(2026, 1, 1, 12, tzinfo=UTC))
    beat(queue.connection, old)

    beat(queue.connection, old._replace(name="new", last_seen=old.last_seen + timedelta(hours=2)))

    assert queue.connection.hkeys(queues.WORKERS_KEY) == [b"new"]


@pytest.mark.usefixtures("queue_app")
def test_without_a_queue_nothing_is_said_to_run(queue):
    assert queues.queue_reachable()
    queue.kill()

    assert not queues.queue_reachable()
    assert not queues.scheduler_alive()
    assert queues.workers_alive(datetime.now(UTC)) == []


@pytest.mark.usefixtures("queue_app")
def test_one_of_two_schedulers_is_at_work_and_the_other_takes_over(queue):
    timetable = (Every(SWEEP, 5),)
    first, second = Scheduler(queue.connection, timetable), Scheduler(queue.connection, timetable)
    first.tick(100.0)
    queue.connection.delete("rq:queue:maintenance")

    second.tick(100.0)
    assert waiting(queue, "maintenance") == []
    first.let_go()
    second.tick(101.0)

    assert [job.func_name for job in waiting(queue, "maintenance")] == [SWEEP]
    assert queues.scheduler_alive()


def test_a_scheduler_that_was_killed_holds_its_lease_for_fifteen_seconds_at_most(queue):
    Scheduler(queue.connection).tick(100.0)

    assert 0 < queue.connection.pttl(queues.SCHEDULER_KEY) <= 15_000


def test_the_timetable_is_kept_to_its_intervals(queue):
    scheduler = Scheduler(queue.connection, (Every(SWEEP, 5), Every(PURGE, 3600)))
    rung = []
    for second in range(11):
        scheduler.tick(100.0 + second)
        rung += [job.func_name for job in waiting(queue, "maintenance")]
        queue.connection.delete("rq:queue:maintenance")

    assert rung == [SWEEP, PURGE, SWEEP, SWEEP]


def test_sweeps_do_not_pile_up_while_no_worker_runs(queue):
    scheduler = Scheduler(queue.connection, (Every(SWEEP, 5),))
    for second in range(60):
        scheduler.tick(100.0 + second)

    assert len(waiting(queue, "maintenance")) == 1


def test_a_scheduler_outlives_its_queue_and_says_so_once(queue, caplog):
    scheduler = Scheduler(queue.connection, (Every(SWEEP, 5),))
    scheduler.tick(100.0)
    queue.kill()
    for second in range(3):
        scheduler.tick(105.0 + second)
    queue.start()

    scheduler.tick(109.0)

    assert len(caplog.records) == 1
    assert queue.connection.exists(queues.SCHEDULER_KEY)


def test_what_was_asked_for_survives_a_killed_queue(queue):
    queues.enqueue(queue.connection, SWEEP)
    deadline = time.monotonic() + 5
    log = queue.settings.data_dir / "queue" / "appendonlydir"
    while not any(b"jobs.maintenance.sweep" in part.read_bytes() for part in log.iterdir()):
        assert time.monotonic() < deadline

    queue.kill()
    queue.start()

    assert [job.func_name for job in waiting(queue, "maintenance")] == [SWEEP]


def test_only_this_user_can_open_the_queue(queue):
    path = queue_server.socket_path(queue.settings)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_long_data_directory_still_gets_a_queue(tmp_path):
    deep = tmp_path / ("x" * 100)
    settings = load_settings({"NIMBUS_DATA_DIR": str(deep)})

    assert len(str(queue_server.socket_path(settings))) < 100
    assert "nimbus-" in queue_server.queue_url(settings)


def test_a_queue_directory_that_others_could_read_is_refused(tmp_path):
    settings = load_settings({"NIMBUS_DATA_DIR": str(tmp_path)})
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue").chmod(0o755)

    with pytest.raises(NimbusError, match="belong to you alone"):
        queue_server.command(settings)
