"""What the web server itself answers, before or beside the application: requests that are none."""

import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from threading import Thread

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from nimbus.run.__main__ import procfile
from nimbus.settings_kinds import CHECKOUT
from nimbus.web.http_worker import HttpWorker
from tests.servers.processes import INTERRUPT, ClaimedPorts, end, spawn, wait_until
from tests.sweeps.test_every_answer import wrong_with

HOST = b"Host: localhost\r\n"
MALFORMED = {
    "no words": (b"\x16\x03\x01\x02\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "another version": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400),
    "a method that is none": (b"G\x01T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a long address": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 200 + b"\r\n", 431),
    "a header without a colon": (b"GET / HTTP/1.1\r\n" + HOST + b"<script>zq1q</script>\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400),
    "NUL in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: \0zq1q\r\n\r\n", 400),
    "an unknown coding": (b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: zq1q\r\n\r\n", 400),
    "two lengths": (
        b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        400,
    ),
    "a length that is none": (b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    "a chunk that is none": (
        b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nzq1q\r\n\r\n",
        400,
    ),
    "a host that is none": (b"GET / HTTP/1.1\r\nHost: ..\r\n\r\n", 400),
    "an expectation": (
        b"POST /login HTTP/1.1\r\n" + HOST + b"Expect: zq1q\r\nContent-Length: 0\r\n\r\n",
        400,
    ),
}


@pytest.fixture
def server(app, settings, tmp_path):
    """The Procfile's web server on a port of its own."""
    ports = ClaimedPorts(1)
    web, *_ = procfile(CHECKOUT / "Procfile")
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "NIMBUS_BIND": f"127.0.0.1:{ports.numbers[0]}",
        "NIMBUS_DATA_DIR": str(settings.data_dir),
        "NIMBUS_KEY_FILE": str(settings.key_file),
        "NIMBUS_SECRET_KEY": str(settings.secret_key),
        "REDIS_URL": settings.redis_url,
    }
    started = ["sh", "-c", f"cd {CHECKOUT} && {web.command[-1]}"]
    running = spawn(started, log=tmp_path / "log", ending=INTERRUPT, environment=environ)
    try:
        wait_until(lambda: _listens(ports.numbers[0]), within=30, what="the web server")
        yield ports.numbers[0]
    finally:
        end(running)
        ports.release()


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(port, sent):
    """Send bytes; what comes back, in the shape that the checks of headers read."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(connection)
        answer.begin()
        response = Response(answer.read(), answer.status, Headers(answer.getheaders()))
    response.request = Request({"PATH_INFO": "/"})
    return response


def test_what_is_no_request_is_refused_with_our_headers_and_nothing_of_what_was_sent(app, server):
    wrong = {}
    for name, (sent, status) in MALFORMED.items():
        answer = ask(server, sent)
        faults = wrong_with(app, answer)
        faults += [] if answer.status_code == status else [answer.status]
        faults += ["repeats what was sent"] if b"zq1q" in answer.data else []
        wrong |= {name: faults} if faults else {}

    assert wrong == {}


def test_told_to_stop_while_it_hands_a_connection_to_a_thread_it_stops():
    config = Config()
    worker = HttpWorker(1, os.getppid(), [], None, 30, config, Logger(config))
    worker.tpool = ThreadPoolExecutor(1)
    left = []

    def interrupted():
        # The main thread holds this while it hands over, and a signal's handler runs in that very thread.
        with worker.tpool._shutdown_lock:
            try:
                worker.handle_quit(signal.SIGQUIT, None)
            except SystemExit as stopped:
                left.append(stopped.code)

    stopping = Thread(target=interrupted, daemon=True)
    stopping.start()
    stopping.join(10)
    worker.tmp.close()

    assert left == [0]
