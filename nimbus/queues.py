"""Queue names, job names, timeouts, and the doorbell: the row is the queue, a job only says "look at it now"."""

import json
import logging
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as QueueGone
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from rq.utils import as_text

from nimbus.queue_server import queue_url
from nimbus.settings import current_settings

if TYPE_CHECKING:
    from flask import Flask

INTERACTIVE = "interactive"  # somebody is watching
SEND = "send"
SYNC = "sync"
MAINTENANCE = "maintenance"
QUEUES = (INTERACTIVE, SEND, SYNC, MAINTENANCE)

VERIFY_CONNECTION = "jobs.connection_tests.verify"
SWEEP = "jobs.maintenance.sweep"
PURGE = "jobs.maintenance.purge"
ROTATE_KEY = "jobs.keys.rotate"
ROTATE_DUE_KEYS = "jobs.keys.rotate_due"
SERVE_INBOX = "jobs.sends.serve"
LOOK_FOR_SEND = "jobs.sends.look"
KEEP_COPIES = "jobs.sends.keep_copies"
REFRESH_TOKENS = "jobs.tokens.refresh"
REVIEW = "jobs.health.review"
REVIEW_DUE = "jobs.health.review_due"
CHECK_DOMAIN = "jobs.domains.check"
CHECK_DUE_DOMAINS = "jobs.domains.check_due"
IMPORT_CONTACTS = "jobs.contacts.import_file"
RUN_BATCH = "jobs.campaigns.run"
RUN_DUE_BATCHES = "jobs.campaigns.run_due"
SYNC_DUE = "jobs.sync.due"
SYNC_INBOX = "jobs.sync.one"


class Job(NamedTuple):
    """Where a job waits and how many seconds it may run."""

    queue: str
    timeout: int


JOBS = {
    VERIFY_CONNECTION: Job(INTERACTIVE, timeout=180),
    SWEEP: Job(MAINTENANCE, timeout=60),
    PURGE: Job(MAINTENANCE, timeout=300),
    ROTATE_KEY: Job(MAINTENANCE, timeout=300),
    ROTATE_DUE_KEYS: Job(MAINTENANCE, timeout=60),
    # A minute of claims, and then one last message: a minute for each of its answers, ten for the one to its body.
    SERVE_INBOX: Job(SEND, timeout=1500),
    LOOK_FOR_SEND: Job(SYNC, timeout=180),
    KEEP_COPIES: Job(SYNC, timeout=300),
    REFRESH_TOKENS: Job(SYNC, timeout=120),
    REVIEW: Job(MAINTENANCE, timeout=300),
    REVIEW_DUE: Job(MAINTENANCE, timeout=60),
    CHECK_DOMAIN: Job(INTERACTIVE, timeout=120),
    CHECK_DUE_DOMAINS: Job(SYNC, timeout=300),
    IMPORT_CONTACTS: Job(MAINTENANCE, timeout=300),
    RUN_BATCH: Job(SEND, timeout=300),
    RUN_DUE_BATCHES: Job(MAINTENANCE, timeout=60),
    # Twenty seconds of taking inboxes, and then a minute for each that was taken last, and for those behind it.
    SYNC_DUE: Job(SYNC, timeout=300),
    SYNC_INBOX: Job(INTERACTIVE, timeout=180),
}

DAY = 86_400
BEAT_SECONDS = 5  # how often a worker says that it lives
SILENCE = timedelta(seconds=60)  # after which it counts as gone
WORKERS_KEY = "nimbus:workers"
SCHEDULER_KEY = "nimbus:scheduler"
_STOPPING = "nimbus.stopping"

log = logging.getLogger(__name__)


@lru_cache
def connect(url: str) -> Redis:
    """The process's one connection pool to a queue; no command takes longer than a second.

    A connection that broke since its last use is replaced once without a word; silence is not asked again.
    """
    retry = Retry(NoBackoff(), 1, supported_errors=(QueueGone,))
    return Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=1, retry=retry, retry_on_timeout=False
    )


def ring(job: str, *ids: int | str) -> bool:
    """Ask for a job on these rows; False (with a warning in the log) when the queue is away: the sweep asks again.

    A job that already waits is not queued twice; one that is running is. Needs an application context.
    """
    try:
        enqueue(connect(queue_url(current_settings())), job, *ids)
    except RedisError as error:
        log.warning("The queue cannot be reached, %s waits for the next sweep: %s", job, error)
        return False
    return True


def enqueue(connection: Redis, job: str, *ids: int | str) -> None:
    """What ring() does, on a connection of the caller's; RedisError when the queue is away."""
    if any(isinstance(part, str) and len(part) > 64 for part in ids):
        raise ValueError("a job carries ids only")
    queue = Queue(JOBS[job].queue, connection=connection, serializer=JSONSerializer)
    # Without this note a stopped worker would find the same request once for every sweep it missed.
    note = ":".join(("nimbus:rung", job, *map(str, ids)))
    waiting = connection.get(note)
    if waiting and queue.get_job_position(as_text(waiting)) is not None:
        return
    with connection.pipeline() as together:  # one trip, and no request without its note
        rung = queue.enqueue(
            job, *ids, job_timeout=JOBS[job].timeout, result_ttl=0, failure_ttl=DAY, pipeline=together
        )
        together.set(note, rung.id, ex=DAY)
        together.execute()


def ask_to_stop(app: "Flask") -> None:
    """Tell the job that this process runs to end at its next safe place: the process was asked to stop."""
    app.extensions[_STOPPING] = True


def must_stop() -> bool:
    """Whether the process was asked to stop; a long job looks between its steps."""
    from flask import current_app  # as in nimbus.settings

    return bool(current_app.extensions.get(_STOPPING))


class WorkerSeen(NamedTuple):
    """A worker that gave a sign of life less than a minute ago."""

    name: str
    queues: tuple[str, ...]
    state: str  # "idle" or "busy"
    last_seen: datetime


def beat(connection: Redis, worker: WorkerSeen) -> None:
    """Note that a worker lives, and clear away those that have been silent for an hour."""
    note = {"queues": worker.queues, "state": worker.state, "last_seen": worker.last_seen.isoformat()}
    connection.hset(WORKERS_KEY, worker.name, json.dumps(note))
    stale = SILENCE * 60
    if gone := [seen.name for seen in _workers(connection) if worker.last_seen - seen.last_seen > stale]:
        connection.hdel(WORKERS_KEY, *gone)


def sign_off(connection: Redis, name: str) -> None:
    """Note that a worker has ended."""
    connection.hdel(WORKERS_KEY, name)


def _workers(connection: Redis) -> list[WorkerSeen]:
    seen = []
    for name, text in connection.hgetall(WORKERS_KEY).items():
        note = json.loads(text)
        when = datetime.fromisoformat(note["last_seen"])
        seen.append(WorkerSeen(as_text(name), tuple(note["queues"]), note["state"], when))
    return seen


def workers_alive(now: datetime) -> list[WorkerSeen]:
    """The workers heard of in the last 60 s, none when the queue is away; `now` is the machine's time, aware UTC."""
    try:
        seen = _workers(connect(queue_url(current_settings())))
    except RedisError:
        return []
    return sorted(worker for worker in seen if now - worker.last_seen < SILENCE)


def scheduler_alive() -> bool:
    """Whether a scheduler holds its lease, which ends 15 s after its last sign of life."""
    try:
        return bool(connect(queue_url(current_settings())).exists(SCHEDULER_KEY))
    except RedisError:
        return False


def queue_reachable() -> bool:
    """Whether the queue answers within a second."""
    try:
        return bool(connect(queue_url(current_settings())).ping())
    except RedisError:
        return False


class Length(NamedTuple):
    """How many jobs wait in a queue, and since when the oldest does."""

    waiting: int
    oldest_since: datetime | None


def lengths() -> dict[str, Length] | None:
    """The length of every queue by its name; None when the queue is away."""
    try:
        connection = connect(queue_url(current_settings()))
        return {
            name: _length(Queue(name, connection=connection, serializer=JSONSerializer)) for name in QUEUES
        }
    except RedisError:
        return None


def _length(queue: Queue) -> Length:
    oldest = next(iter(queue.get_jobs(0, 1)), None)
    return Length(queue.count, oldest.enqueued_at if oldest else None)


def server_facts() -> dict[str, str] | None:
    """What the queue's server says of itself, as INFO names it; None when it is away or does not say."""
    try:
        return {name: str(value) for name, value in connect(queue_url(current_settings())).info().items()}
    except RedisError:
        return None


def server_time() -> datetime | None:
    """What time it is for the queue's server, aware UTC; None when it is away."""
    try:
        seconds, microseconds = connect(queue_url(current_settings())).time()
    except RedisError:
        return None
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
