"""What the doctor says of the queue, the workers, the scheduler and the work that waits."""

from datetime import UTC, datetime, timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from nimbus import queues
from nimbus.queue_server import queue_url

pytest_plugins = ["tests.queue_fixtures"]
WORK_LINES = ["queue", "worker", "scheduler", "backlog", "queue_memory"]


@pytest.fixture
def connection(well):
    return queues.connect(queue_url(well.extensions["nimbus.settings"]))


@pytest.fixture
def wait(connection):
    """Let jobs wait in a queue, the oldest for so many seconds."""

    def waiting(name, *, jobs, seconds=0):
        for _ in range(jobs):
            queue = Queue(name, connection=connection, serializer=JSONSerializer)
            job = queue.enqueue(queues.SWEEP)
            job.enqueued_at = datetime.now(UTC) - timedelta(seconds=seconds)
            job.save()

    return waiting


def test_no_worker_is_a_failure_with_the_command(examine, connection):
    connection.delete(queues.WORKERS_KEY)
    found = examine()

    assert (found["worker"]["state"], found["worker"]["command"]) == ("fail", "make worker")
    assert found["worker"]["sentence"] == "None is running. Without one, that work waits."
    assert {queue["workers"] for queue in found.told["queues"]} == {0}


def test_work_that_no_worker_serves_is_named_and_counted_by_queue(examine, connection):
    connection.delete(queues.WORKERS_KEY)
    seen = queues.WorkerSeen("w", ("interactive", "send"), "busy", datetime.now(UTC))
    queues.beat(connection, seen)
    found = examine()

    assert found["worker"]["sentence"].startswith("None is running for replies and upkeep.")
    assert [queue["workers"] for queue in found.told["queues"]] == [1, 1, 0, 0]
    assert found.told["workers"][0]["work"] == ["connection tests", "sending"]


def test_no_scheduler_is_a_failure_with_the_command(examine, connection):
    connection.delete(queues.SCHEDULER_KEY)

    assert (examine()["scheduler"]["state"], examine()["scheduler"]["command"]) == ("fail", "make scheduler")


@pytest.mark.parametrize(("given", "fix"), [(None, "make run"), ("redis://:s3cret@127.0.0.1:1", None)])
def test_a_queue_that_is_away_leaves_what_is_in_it_unknown(examine, change, given, fix):
    change(redis_url=given)
    found = examine()

    assert [found[key]["state"] for key in WORK_LINES] == ["fail"] * 5
    assert found["queue"]["command"] == fix
    assert bool(found["queue"]["advice"]) == (fix is None)
    assert {found[key]["sentence"] for key in WORK_LINES[1:]} == {
        "Not known while the queue does not answer."
    }
    assert found.told["queues"] == found.told["workers"] == []


def test_work_that_waits_a_moment_is_fine(examine, wait):
    wait("sync", jobs=3, seconds=4)
    found = examine()

    assert found["backlog"]["state"] == "ok"
    assert found["backlog"]["sentence"].startswith("3, the oldest for ")
    assert [queue["waiting"] for queue in found.told["queues"]] == [0, 0, 3, 0]


@pytest.mark.parametrize(
    ("name", "seconds", "state"),
    [("interactive", 55, "ok"), ("interactive", 65, "warn"), ("send", 890, "ok"), ("send", 910, "warn")],
)
def test_somebody_who_watches_is_served_within_a_minute_and_the_rest_within_fifteen(
    examine, wait, name, seconds, state
):
    wait(name, jobs=1, seconds=seconds)

    assert examine()["backlog"]["state"] == state


def test_a_queue_that_is_too_slow_is_told_with_how_long_and_what_helps(examine, wait):
    wait("send", jobs=2, seconds=3630)
    found = examine()["backlog"]

    assert found["sentence"] == "Too slow: 2 for sending, the oldest for 1 h 1 min."
    assert found["command"] == "make worker"


@pytest.mark.parametrize(
    ("policy", "maximum", "state"),
    [("allkeys-lru", "64mb", "warn"), ("noeviction", "64mb", "ok"), ("allkeys-lru", "0", "ok")],
)
def test_a_queue_server_that_would_throw_work_away_is_a_warning(
    well, queue, examine, change, policy, maximum, state
):
    queue.connection.config_set("maxmemory-policy", policy)
    queue.connection.config_set("maxmemory", maximum)
    change(redis_url=queue.url)
    found = examine()["queue_memory"]

    assert found["state"] == state
    assert bool(found["advice"]) == (state == "warn")


def test_the_doctor_looks_with_the_machines_clock_wherever_the_products_was_moved_to(well, examine, clock):
    clock.advance(days=1)

    assert examine()["worker"]["state"] == "ok"
