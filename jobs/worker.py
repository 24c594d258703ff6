"""`python -m jobs.worker [--processes N] QUEUE…`: load the application once, then fork workers that share it."""

import argparse
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from threading import Event, Thread
from types import FrameType

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from nimbus import create_app
from nimbus.clock import SystemClock
from nimbus.database import read_only_reason
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.processes import die_with_parent
from nimbus.queue_server import queue_url
from nimbus.queues import BEAT_SECONDS, JOBS, QUEUES, WorkerSeen, ask_to_stop, beat, connect, sign_off
from nimbus.settings import load_settings

JOBS_PER_LIFE = 2000  # then a worker is replaced, and with it whatever a library leaked
GRACE_SECONDS = 25  # what a running job gets after SIGTERM; whoever waits for us gives 30
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

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


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Until RQ listens to signals itself: end, and sign off on the way."""
    raise SystemExit


class Crew:
    """A number of forked processes that all run one function; each that ends is replaced until stop is set."""

    def __init__(self, size: int, run: Callable[[], None]) -> None:
        self.size = size
        self.run = run
        self.started: dict[int, float] = {}  # process id -> when, in monotonic seconds
        self.not_before = 0.0
        self.stop = Event()

    def keep(self) -> None:
        """Keep the crew complete until SIGTERM or SIGINT, then let the running jobs finish."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._asked_to_stop)
        while True:
            self._reap()
            while len(self.started) < self.size and time.monotonic() >= self.not_before:
                self._fork()
            if self.stop.wait(0.2):
                break
        self._let_go()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop.set()

    def _fork(self) -> None:
        # Held back across the fork: a signal in between would reach this handler, in the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._be_a_child()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        self.started[pid] = time.monotonic()

    def _be_a_child(self) -> None:
        code = 1
        try:
            die_with_parent()
            for number in STOP_SIGNALS:
                signal.signal(number, _leave)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            self.run()
            code = 0
        except SystemExit:
            code = 0
        except Exception:
            log.exception("A worker ended on an error and is replaced")
        finally:
            logging.shutdown()
            os._exit(code)

    def _reap(self) -> None:
        for pid in list(self.started):
            if os.waitpid(pid, os.WNOHANG)[0]:
                # One that dies at birth is not tried again at once.
                self.not_before = self.started.pop(pid) + 1

    def _let_go(self) -> None:
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while self.started and time.monotonic() < deadline:
            time.sleep(0.02)
            self._reap()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.started:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def load_application() -> Flask:
    """Everything a job will need, imported, and no connection open that forks would share."""
    app = create_app(load_settings())
    with app.app_context():
        if read_only_reason():
            raise SystemExit(1)  # the application has said why; the row of any job must stay as it is
    for job in JOBS:
        import_module(job.rpartition(".")[0])
    with app.app_context():
        db.engine.dispose()
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when it was asked to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.worker", description="Work on what waits in the queues."
    )
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="how many workers (default 1)")
    parser.add_argument("queues", nargs="+", choices=QUEUES, metavar="QUEUE", help=", ".join(QUEUES))
    wanted = parser.parse_args(arguments)
    try:
        app = load_application()
    except NimbusError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    gc.freeze()  # what is loaded now stays shared between the forks
    Crew(wanted.processes, lambda: run_worker(app, wanted.queues)).keep()
    return 0


if __name__ == "__main__":
    sys.exit(main())
