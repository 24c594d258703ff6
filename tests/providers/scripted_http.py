"""A small web server that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from nimbus.providers.contract import Hosts
from tests.servers.scripted import Connection, ScriptedServer


class Asked(NamedTuple):
    """A request as it arrived; headers by their names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class ScriptedHttp(ScriptedServer):
    """Answers the requests, in the order of `answers` and then `200 {}`: bytes as they are, or something to do.

    `asked` are the requests; `clients` counts the connections.
    """

    def __init__(self, *answers: Any, **options: Any) -> None:
        super().__init__(**options)
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self.clients = 0

    def converse(self, connection: Connection) -> None:
        self.clients += 1
        while True:
            self.asked.append(self._request(connection))
            answer = self.answers.pop(0) if self.answers else answered({})
            if callable(answer):
                answer(connection)
                return
            connection.send(answer)

    @staticmethod
    def _request(connection: Connection) -> Asked:
        method, target, _ = connection.line().decode().split(" ")
        headers = {}
        while line := connection.line():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", 0))
        parts = urlsplit(target)
        body = connection.exactly(size) if size else b""
        return Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hosts(self, **changed: Any) -> Hosts:
        return hosts(self.url, **changed)


def hosts(url: str, **changed: Any) -> Hosts:
    """Both providers at one address, with little patience."""
    usual: dict[str, Any] = {
        "google_auth_url": f"{url}/auth",
        "google_token_url": f"{url}/token",
        "google_revoke_url": f"{url}/revoke",
        "google_userinfo_url": f"{url}/userinfo",
        "gmail_api_base": url,
        "ms_login_base": url,
        "ms_graph_base": f"{url}/v1.0",
        "call_seconds": 5.0,
        "send_seconds": 5.0,
    }
    return Hosts(**(usual | changed))


def answered(body: Any, status: int = 200, **headers: str) -> bytes:
    """An answer with JSON in it, or with bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Words\r\n{head}\r\n".encode() + data


def stay_silent(connection: Connection) -> None:
    connection.stopping.wait(30)


def hang_up(connection: Connection) -> None:
    """End the connection without an answer."""


def drip(connection: Connection) -> None:
    """A header that never ends, a byte at a time: each read succeeds, and the whole never does."""
    connection.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not connection.stopping.wait(0.05):
        connection.send(b"x")
