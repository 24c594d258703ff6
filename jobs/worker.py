"""`python -m jobs.worker QUEUE[,QUEUE…][:N] …`: load the application once, then fork all workers, which share it."""

import argparse
import gc
import logging
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from importlib import import_module
from threading import Event, Thread
from typing import NamedTuple

from flask import Flask
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import now

from jobs.crews import Crew, keep
from nimbus import create_app
from nimbus.clock import SystemClock
from nimbus.database import read_only_reason
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.queue_server import queue_url
from nimbus.queues import BEAT_SECONDS, JOBS, QUEUES, WorkerSeen, ask_to_stop, beat, connect, sign_off
from nimbus.settings import load_settings

FRESH = timedelta(seconds=20)  # an idle worker waits for 25 at a time, and RQ forgets it after 100
JOBS_PER_LIFE = 2000  # then a worker is replaced, and with it whatever a library leaked
CREW = re.compile(r"([a-z]+(?:,[a-z]+)*)(?::([1-9]\d*))?")

log = logging.getLogger(__name__)


class AppWorker(SimpleWorker):
    """Runs jobs in this very process: a fork for each would cost more than a connection test may take."""

    max_connection_wait_time = 5.0  # seconds between attempts at a queue that is away
    log_job_description = False

    def __init__(self, queues: Sequence[str], *, app: Flask, connection: Redis) -> None:
        # An idle worker looks for abandoned jobs each time its wait ends: worker_ttl less 15 seconds.
        super().__init__(queues, connection=connection, serializer=JSONSerializer, worker_ttl=40)
        self.app = app

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Run one job in an application context of its own, so that nothing is left over for the next."""
        with self.app.app_context():
            return super().perform_job(job, queue, execution)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Not again at once: RQ asks for one around each job, three trips to the queue while somebody waits."""
        is_fresh = self.last_heartbeat is not None and now() - self.last_heartbeat < FRESH
        if pipeline is not None or not is_fresh:
            super().heartbeat(timeout, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """A running job learns of it too; one that takes long ends early."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        ask_to_stop(self.app)

    def subscribe(self) -> None:
        """RQ's remote commands are not used, so their thread and connection are saved."""


def run_worker(app: Flask, queues: Sequence[str]) -> None:
    """Work until told to stop, or until it is time for a fresh process; waits for a queue that is not there yet."""
    url = queue_url(app.extensions["nimbus.settings"])
    while not _answers(connect(url)):
        time.sleep(0.2)
    worker = AppWorker(queues, app=app, connection=Redis.from_url(url, socket_connect_timeout=2))
    ended = Event()
    pulse = Thread(target=_keep_beating, args=(worker, connect(url), ended), daemon=True)
    pulse.start()
    try:
        worker.work(max_jobs=JOBS_PER_LIFE)
    except RedisError as error:
        log.warning("A worker lost the queue and is replaced: %s", error)
    finally:
        ended.set()
        pulse.join()


def _answers(connection: Redis) -> bool:
    try:
        return bool(connection.ping())
    except RedisError:
        return False


def _keep_beating(worker: AppWorker, connection: Redis, ended: Event) -> None:
    """Say every few seconds that the worker lives: RQ itself is silent for as long as a job runs."""
    clock = SystemClock()
    while True:
        with suppress(RedisError):
            state = "busy" if worker.executions else "idle"
            seen = WorkerSeen(worker.name, tuple(worker.queue_names()), state, clock.now())
            beat(connection, seen)
        if ended.wait(BEAT_SECONDS):
            break
    with suppress(RedisError):
        sign_off(connection, worker.name)


def load_application() -> Flask:
    """Everything a job will need, imported, and no connection open that forks would share."""
    app = create_app(load_settings(), pages=False)
    with app.app_context():
        if read_only_reason():
            raise SystemExit(1)  # the application has said why; the row of any job must stay as it is
    for job in JOBS:
        import_module(job.rpartition(".")[0])
    import_module("dns.resolver")  # others load it when they need it; here each fork would do so for itself
    with app.app_context():
        db.engine.dispose()
    return app


class Wanted(NamedTuple):
    """A crew as the command line asks for it: the queues that each of its workers serves, and how many there are."""

    queues: tuple[str, ...]
    size: int


def read_crew(text: str) -> Wanted:
    """`QUEUE[,QUEUE…][:N]`, one worker without a number; ArgumentTypeError for what is no such thing."""
    match = CREW.fullmatch(text)
    queues = tuple(match[1].split(",")) if match else ()
    if match is None or not set(queues) <= set(QUEUES):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not like send:2 or maintenance,sync; queues: {', '.join(QUEUES)}"
        )
    return Wanted(queues, int(match[2] or 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when it was asked to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.worker", description="Work on what waits in the queues."
    )
    parser.add_argument(
        "crews",
        nargs="+",
        type=read_crew,
        metavar="QUEUE[,QUEUE…][:N]",
        help=f"N workers (default 1) for some of the queues {', '.join(QUEUES)}",
    )
    wanted: list[Wanted] = parser.parse_args(arguments).crews
    try:
        app = load_application()
    except NimbusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    gc.freeze()  # what is loaded now stays shared between the forks
    keep([Crew(crew.queues[0], crew.size, partial(run_worker, app, crew.queues)) for crew in wanted])
    return 0


if __name__ == "__main__":
    sys.exit(main())
