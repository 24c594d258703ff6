"""A real embedded queue for tests: `queue` answers, and can be killed and started again."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis.exceptions import RedisError

from nimbus import queue_server
from nimbus.queues import connect
from nimbus.settings import Settings, load_settings


class EmbeddedQueue:
    """The server that `make run` would start, on a directory of its own."""

    def __init__(self, directory: Path) -> None:
        environ = {
            "NIMBUS_DATA_DIR": str(directory / "data"),
            "NIMBUS_KEY_FILE": str(directory / "keys" / "key"),
        }
        self.settings: Settings = load_settings(environ)
        self.url = queue_server.queue_url(self.settings)
        self.connection = connect(self.url)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(queue_server.command(self.settings))
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "the queue did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            return bool(self.connection.ping())
        except RedisError:
            return False


@pytest.fixture
def stopped_queue(tmp_path: Path) -> Iterator[EmbeddedQueue]:
    """An embedded queue of this test's own, not started yet."""
    server = EmbeddedQueue(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def queue(stopped_queue: EmbeddedQueue) -> EmbeddedQueue:
    """The same, running."""
    stopped_queue.start()
    return stopped_queue


@pytest.fixture
def queue_app(queue: EmbeddedQueue) -> Iterator[Flask]:
    """The least application that the doorbell needs, its context pushed."""
    app = Flask("tests")
    app.extensions["nimbus.settings"] = queue.settings
    with app.app_context():
        yield app
