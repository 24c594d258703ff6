"""A whole worker process on a queue that comes, goes and hands out work."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from tests.run.waiting import eventually, processes_with

pytest_plugins = ["tests.queue_fixtures"]

SCRIPT = """
from flask import Flask
from jobs.crews import Crew, keep
from jobs.worker import run_worker
from nimbus.settings import load_settings
app = Flask("tests")
app.extensions["nimbus.settings"] = load_settings()
keep([Crew("interactive", 1, lambda: run_worker(app, ["interactive"]))])
"""


def slow(directory):
    """A job that says when it began, and ends when it is let go."""
    (Path(directory) / "began").touch()
    eventually((Path(directory) / "let go").exists)
    (Path(directory) / "ended").touch()


class WorkerOnAQueue:
    def __init__(self, directory, queue):
        self.directory = directory
        self.queue = queue
        self.mark = f"NIMBUS_DATA_DIR={directory / 'data'}"
        environ = {
            **os.environ,
            "NIMBUS_DATA_DIR": str(directory / "data"),
            "NIMBUS_KEY_FILE": str(directory / "key"),
        }
        with (directory / "said").open("wb") as said:
            self.process = subprocess.Popen([sys.executable, "-c", SCRIPT], env=environ, stderr=said)

    def ask(self):
        queue = Queue("interactive", connection=self.queue.connection, serializer=JSONSerializer)
        queue.enqueue(f"{__name__}.{slow.__name__}", str(self.directory), job_timeout=30)

    def has(self, name):
        return (self.directory / name).exists()


@pytest.fixture
def worker(tmp_path, stopped_queue):
    worker = WorkerOnAQueue(tmp_path, stopped_queue)
    yield worker
    worker.process.kill()
    worker.process.wait()


def test_a_worker_started_before_its_queue_waits_for_it_without_a_word(worker):
    eventually(lambda: len(processes_with(worker.mark)) == 2)  # the crew and its one member
    worker.queue.start()
    worker.ask()

    eventually(lambda: worker.has("began"))
    assert (worker.directory / "said").read_text() == ""


def test_sigterm_lets_the_running_job_finish(worker):
    worker.queue.start()
    worker.ask()
    eventually(lambda: worker.has("began"))
    worker.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.process.wait(0.5)

    (worker.directory / "let go").touch()

    assert worker.process.wait(10) == 0
    assert worker.has("ended")


def test_an_idle_worker_ends_at_once(worker):
    worker.queue.start()
    eventually(lambda: worker.queue.connection.hlen("nimbus:workers") == 1)
    started = time.monotonic()

    worker.process.terminate()

    assert worker.process.wait(10) == 0
    assert time.monotonic() - started < 3
    assert worker.queue.connection.hlen("nimbus:workers") == 0


def test_a_job_outlives_a_queue_that_is_killed_and_its_worker_takes_the_next(worker):
    worker.queue.start()
    worker.ask()
    eventually(lambda: worker.has("began"))
    worker.queue.kill()
    (worker.directory / "let go").touch()
    eventually(lambda: worker.has("ended"))
    (worker.directory / "ended").unlink()
    worker.queue.start()

    worker.ask()

    eventually(lambda: worker.has("ended"))
