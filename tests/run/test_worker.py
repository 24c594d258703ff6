"""One worker on a real queue: what a job gets, and what is left when it fails."""

import time

import pytest
from flask import current_app, g
from redis import Redis

from jobs.worker import FRESH, AppWorker
from nimbus import queues
from nimbus.queues import INTERACTIVE, VERIFY_CONNECTION, Job, ring

pytest_plugins = ["tests.queue_fixtures"]

SEEN = []


def note_context(*ids):
    SEEN.append((ids, current_app.name, "leftover" in g))
    g.leftover = True


def fail(*_ids):
    raise RuntimeError("on purpose")


def outlast(*_ids):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        pass


NOTE, FAIL, OUTLAST = (f"{__name__}.{function.__name__}" for function in (note_context, fail, outlast))


@pytest.fixture
def work(queue, queue_app, monkeypatch):
    """Runs what waits in the interactive queue, in this process."""
    for job in (NOTE, FAIL, OUTLAST):
        monkeypatch.setitem(queues.JOBS, job, Job(INTERACTIVE, timeout=1))
    SEEN.clear()
    connection = Redis.from_url(queue.url)
    yield lambda: AppWorker([INTERACTIVE], app=queue_app, connection=connection).work(burst=True)
    connection.close()


def test_every_job_gets_a_fresh_application_context(work):
    ring(NOTE, 1, 2)
    ring(NOTE, 1, 3)

    work()

    assert SEEN == [((1, 2), "tests", False), ((1, 3), "tests", False)]


def test_a_job_that_fails_does_not_stop_the_next(work):
    ring(FAIL, 1, 2)
    ring(NOTE, 1, 3)

    work()

    assert [ids for ids, *_ in SEEN] == [(1, 3)]


def test_a_job_is_cut_off_at_its_timeout(work):
    ring(OUTLAST, 1, 2)
    started = time.monotonic()

    work()

    assert 0.9 < time.monotonic() - started < 3


def test_a_finished_job_leaves_nothing_in_the_queue_server(work, queue):
    ring(NOTE, 1, 2)

    work()

    assert list(queue.connection.scan_iter("rq:job:*")) == []


def test_ringing_for_a_row_that_is_gone_harms_no_worker(work, queue):
    ring(VERIFY_CONNECTION, 1, 2)
    (key,) = queue.connection.scan_iter("rq:job:*")
    queue.connection.delete(key)
    ring(NOTE, 1, 3)

    work()

    assert [ids for ids, *_ in SEEN] == [(1, 3)]


def test_a_worker_whose_sign_of_life_is_fresh_does_not_bother_the_queue_with_another(queue, queue_app):
    worker = AppWorker([INTERACTIVE], app=queue_app, connection=queue.connection)
    worker.heartbeat()
    queue.connection.delete(worker.key)

    worker.heartbeat()
    assert not queue.connection.exists(worker.key)

    worker.last_heartbeat -= FRESH
    worker.heartbeat()
    assert queue.connection.exists(worker.key)
