"""What the doctor says of disk, memory, clocks and packages."""

import os
import re
import subprocess
from contextlib import suppress
from socket import AF_UNIX, SOCK_STREAM, socket
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread
from time import time

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.services.check_machine import memory_available

MEGABYTE = 1_000_000


@pytest.fixture
def disk_of(tmp_path):
    """Mounts small disks; only root may."""
    mounted = []

    def mount(size):
        place = tmp_path / f"disk-{size}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("Only root can mount a small disk, and not in every container.")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize(
    ("size", "state", "begins"),
    [
        (1200 * MEGABYTE, "ok", "1.2 GB free for the data; "),
        (900 * MEGABYTE, "warn", "900 MB free for the data; "),
        (100 * MEGABYTE, "fail", "100 MB free for the data; "),
    ],
)
def test_a_disk_that_fills_is_told_in_time(well, examine, change, disk_of, size, state, begins):
    change(data_dir=disk_of(size))
    found = examine()["disk"]

    assert found["state"] == state
    assert found["sentence"].startswith(begins)
    assert found["sentence"].endswith(" free for the database.")
    assert bool(found["advice"]) == (state != "ok")


def test_one_disk_is_told_once_and_a_directory_to_come_by_the_one_above(well, examine, change, settings):
    change(data_dir=settings.data_dir / "not" / "there" / "yet")

    assert re.fullmatch(r"\S+ [GT]B free for the data and the database\.", examine()["disk"]["sentence"])


def test_memory_is_what_linux_calls_available(well, examine):
    assert memory_available("MemTotal:  9 kB\nMemAvailable:      2048 kB\nSwapFree: 1 kB\n") == 2048 * 1024
    assert re.fullmatch(r"[\d.]+ [MG]B available\.", examine()["memory"]["sentence"])


class _LyingQueue(StreamRequestHandler):
    """Passes everything on to the real queue, and answers one question itself: what time it is."""

    def handle(self):
        with socket(AF_UNIX, SOCK_STREAM) as real, suppress(OSError):
            real.connect(self.server.behind)
            back = Thread(target=self._pass_back, args=(real,), daemon=True)
            back.start()
            while asked := self.request.recv(65536):
                if asked == b"*1\r\n$4\r\nTIME\r\n":
                    now = str(int(time()) + self.server.ahead)
                    self.request.sendall(f"*2\r\n${len(now)}\r\n{now}\r\n$1\r\n0\r\n".encode())
                else:
                    real.sendall(asked)

    def _pass_back(self, real):
        with suppress(OSError):
            while answer := real.recv(65536):
                self.request.sendall(answer)


@pytest.fixture
def queue_ahead_by(settings, tmp_path, change):
    """Put a server before the queue whose clock is so many seconds ahead."""
    path = str(tmp_path / "lying.sock")
    with ThreadingUnixStreamServer(path, _LyingQueue) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.behind = settings.redis_url.removeprefix("unix://")
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

        def lie(seconds):
            server.ahead = seconds
            change(redis_url=f"unix://{path}")

        yield lie
        server.shutdown()


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [
        (0, "ok", "The same here and for the queue, to within 2 s."),
        (30, "warn", "Beside this machine's, the queue's is "),
        (-30, "warn", " s behind."),
        (300, "fail", " s ahead."),
    ],
)
def test_a_queue_server_with_another_clock_is_told(well, examine, queue_ahead_by, ahead, state, words):
    queue_ahead_by(ahead)
    found = examine()["clock"]

    assert found["state"] == state
    assert words in found["sentence"]
    assert bool(found["advice"]) == (state != "ok")


def test_with_the_embedded_queue_and_sqlite_there_is_one_clock(well, examine, change):
    change(redis_url=None)

    assert examine()["clock"]["sentence"] == "Everything runs on this machine, by one clock."


def test_while_no_server_can_be_asked_its_clock_is_not_known(well, examine, change):
    change(redis_url="redis://127.0.0.1:1")
    found = examine()["clock"]

    assert (found["state"], found["sentence"]) == ("fail", "Not known while the queue cannot be asked.")


class TestPostgres:
    @pytest.fixture
    def database_url(self, postgres, empty_postgres):
        url = postgres.create_database(template=empty_postgres)
        yield url
        postgres.drop_database(url)

    @pytest.fixture
    def ahead_by(self, well):
        """Let the database tell another time than it is."""

        def lie(seconds):
            told = f"SELECT pg_catalog.clock_timestamp() + interval '{seconds} s'"
            with well.app_context(), db.engine.connect() as connection:
                name = connection.scalar(sa.text("SELECT current_database()"))
                connection.exec_driver_sql(
                    "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
                    f"$$ {told} $$"
                )
                connection.exec_driver_sql(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
                connection.commit()

        return lie

    @pytest.mark.parametrize(("ahead", "state"), [(0, "ok"), (20, "warn"), (-90, "fail")])
    def test_a_database_server_with_another_clock_is_told(self, well, examine, ahead_by, ahead, state):
        ahead_by(ahead)
        found = examine()["clock"]

        assert found["state"] == state
        assert ("the database's is " in found["sentence"]) == (state != "ok")


def test_packages_that_are_not_the_pinned_ones_are_named(well, examine, tmp_path, monkeypatch):
    (tmp_path / "rq-1.0.dist-info").mkdir()
    (tmp_path / "rq-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: rq\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = examine()["packages"]

    assert found["state"] == "warn"
    assert found["sentence"] == "Not the ones that requirements.txt names: rq 1.0."
    assert found["command"] == ".venv/bin/python -m pip install -r requirements.txt"
