"""`make run` as a person sees it: starts, survives, says what happened, and leaves nothing behind."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest
from flask import Flask

from nimbus import queues
from nimbus.queue_server import queue_url
from nimbus.settings import load_settings
from nimbus.settings_kinds import CHECKOUT
from tests.product import CREW
from tests.run.waiting import eventually, name_of, processes_with


class Running:
    """The run command on a directory of its own, with everything that it printed."""

    def __init__(self, directory, port=None):
        self.port = port or free_port()
        self.directory = directory
        given = {
            "NIMBUS_DATA_DIR": str(directory / "data"),
            "NIMBUS_KEY_FILE": str(directory / "keys" / "instance.key"),
            "NIMBUS_BIND": f"127.0.0.1:{self.port}",
        }
        self.settings = load_settings(given)
        self.mark = f"NIMBUS_DATA_DIR={directory / 'data'}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with (directory / f"output-{self.port}").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nimbus.run"],
                cwd=CHECKOUT,
                env=kept | given,
                stdout=output,
                stderr=output,
            )

    def output(self):
        return (self.directory / f"output-{self.port}").read_text()

    def ready(self):
        eventually(lambda: "NimbusOS runs at" in self.output() or self.process.poll() is not None, seconds=30)
        assert self.process.poll() is None, self.output()
        return self

    def status(self):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()

    def processes(self, containing=""):
        return sorted(pid for pid, line in processes_with(self.mark).items() if containing in line)

    def workers(self, now=None):
        app = Flask("tests")
        app.extensions["nimbus.settings"] = self.settings
        with app.app_context():
            return {worker.name: worker for worker in queues.workers_alive(now or datetime.now(UTC))}

    def heard_since(self, moment):
        return sum(worker.last_seen > moment for worker in self.workers().values())

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(40)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def running(directory):
    """One run that the tests of this module share; each leaves everything running."""
    running = Running(directory).ready()
    eventually(lambda: len(running.workers()) == CREW)
    yield running
    running.process.kill()
    running.process.wait()


def test_it_says_where_to_look_and_how_to_set_up(running):
    assert f"NimbusOS runs at http://127.0.0.1:{running.port}" in running.output()
    assert re.search(r"^Set-up code: \S+$", running.output(), re.MULTILINE)
    assert running.status() < 400


def test_keys_and_data_are_readable_by_this_user_alone(running):
    for path, mode in (
        ("data", 0o700),
        ("keys", 0o700),
        ("keys/instance.key", 0o600),
        ("keys/secret.key", 0o600),
    ):
        assert stat.S_IMODE((running.directory / path).stat().st_mode) == mode, path


def test_no_process_names_a_secret_on_its_command_line(running):
    key = (running.directory / "keys" / "instance.key").read_text().strip()
    secret = (running.directory / "keys" / "secret.key").read_text().strip()

    assert not [line for line in processes_with(running.mark).values() if key in line or secret in line]


def test_a_second_run_on_the_same_data_is_refused_with_one_sentence(running):
    second = Running(running.directory)

    assert second.process.wait(30) == 1
    assert second.output().startswith("NimbusOS is already running on ")
    assert second.output().count("\n") == 1


def test_a_taken_port_is_refused_with_one_sentence(running, tmp_path):
    second = Running(tmp_path, running.port)

    assert second.process.wait(30) == 1
    assert second.output().startswith(f"NimbusOS cannot listen on 127.0.0.1:{running.port}: ")
    assert second.output().count("\n") == 1


def test_killed_workers_are_missed_within_a_minute_and_replaced(running):
    before = running.workers()
    for pid in running.processes("jobs.worker"):
        with suppress(ProcessLookupError):  # those that the first one took with it
            os.kill(pid, signal.SIGKILL)
    moment = datetime.now(UTC)

    still_named = running.workers(moment + timedelta(seconds=60)).keys() & before.keys()

    assert not still_named
    eventually(lambda: len(running.workers().keys() - before.keys()) == CREW, seconds=30)
    assert "worker was ended by SIGKILL and is started again in 1 s." in running.output()


def test_a_killed_queue_comes_back_and_the_workers_with_it(running):
    (server,) = running.processes("valkey")
    os.kill(server, signal.SIGKILL)
    moment = datetime.now(UTC)

    eventually(lambda: running.heard_since(moment) == CREW, seconds=30)
    assert running.processes("valkey") != [server]
    assert "The queue was ended by SIGKILL and is started again now." in running.output()
    assert running.status() < 400


def test_workers_are_seen_again_after_the_queue_lost_everything(running):
    queues.connect(queue_url(running.settings)).flushall()
    moment = datetime.now(UTC)

    eventually(lambda: running.heard_since(moment) == CREW, seconds=30)


def test_a_worker_that_was_stopped_stays_down_and_the_command_to_start_it_is_said(tmp_path):
    stopped = Running(tmp_path).ready()
    eventually(lambda: len(stopped.workers()) == CREW)
    [first, *_] = stopped.processes("jobs.worker")  # the one that forked the others
    os.kill(first, signal.SIGTERM)

    eventually(lambda: "worker was stopped and stays down." in stopped.output())

    assert "bin/python -m jobs.worker interactive:2 send:2 maintenance,sync:2" in stopped.output()
    assert stopped.workers() == {}
    assert stopped.status() < 400
    assert stopped.end() == 0


def test_each_worker_bears_the_name_of_its_first_queue_beside_those_of_the_others(running):
    named = Counter(map(name_of, running.processes("jobs.worker")))

    assert {name: named[name] for name in queues.QUEUES} == {
        "interactive": 2,
        "send": 2,
        "maintenance": 2,
        "sync": 1,
    }


def test_ctrl_c_ends_every_process_and_the_next_run_finds_everything_as_it_was(tmp_path):
    first = Running(tmp_path).ready()
    keys = [(tmp_path / "keys" / name).read_bytes() for name in ("instance.key", "secret.key")]
    started = time.monotonic()

    assert first.end(signal.SIGINT) == 0
    assert time.monotonic() - started < 10
    assert first.processes() == []

    second = Running(tmp_path).ready()
    assert keys == [(tmp_path / "keys" / name).read_bytes() for name in ("instance.key", "secret.key")]
    assert second.end(signal.SIGTERM) == 0


def test_kill_9_of_the_run_command_leaves_no_process_behind(tmp_path):
    running = Running(tmp_path).ready()
    eventually(lambda: len(running.workers()) == CREW)

    running.process.kill()
    running.process.wait()

    eventually(lambda: running.processes() == [], seconds=30)
