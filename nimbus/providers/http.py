"""Calls to Google and Microsoft: one session for each process and thread, one time budget for each whole call.

No call is ever repeated here, no redirect followed, and nothing of a library's exception let out: its text holds URLs and
headers. Only what the operator's settings name is reached, so the gate for hosts that people type is not asked.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from nimbus.providers.contract import Hosts, Secret
from nimbus.providers.errors import StoppedBeforeBody
from nimbus.security.outbound import (
    Deadline,
    GuardedSocket,
    Server,
    ServerNotFoundError,
    connect,
    encrypted,
    normalise_host,
)
from nimbus.security.outbound_address import literal_address
from nimbus.security.outbound_lookup import addresses_of
from nimbus.security.tls import tls_context

MAX_BYTES = 5 * 1024 * 1024  # of an answer, as it arrives and unpacked
_PIECE = 64 * 1024
_IDLE = 30.0  # seconds; a connection unused for longer may be gone without a word, and a message would be in doubt
_FORM = "application/x-www-form-urlencoded"


class NoAnswer(Exception):
    """No usable answer came; `may_have_arrived`: the request had begun to leave. `timed_out`: the time was over."""

    def __init__(self, *, may_have_arrived: bool, timed_out: bool) -> None:
        super().__init__("No usable answer came in time." if timed_out else "No usable answer came.")
        self.may_have_arrived = may_have_arrived
        self.timed_out = timed_out


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request; `form` makes it a form, `token` is sent as the bearer of the call.

    cut_at: bytes after which the rest of the answer is left unread; without it a long answer is none.
    """

    url: str
    method: str = "GET"
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    token: Secret | None = None
    cut_at: int | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status; `headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def object(self) -> dict[str, Any] | None:
        """The JSON object in it; None when it holds anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


class _Line(threading.local):
    """The session of this thread, and what the call under way may use and has done."""

    pid = 0
    hosts: Hosts | None = None
    session: requests.Session
    deadline: Deadline
    used_at = 0.0
    before_body: Callable[[], bool] | None = None
    has_begun = False


_line = _Line()


def ask(hosts: Hosts, request: Ask, *, before_body: Callable[[], bool] | None = None) -> Answer:
    """Make one call within its time; raises NoAnswer.

    `before_body` marks a call that carries a message: it has `send_seconds`, and is asked once connected, when nothing
    has left; on False, StoppedBeforeBody.
    """
    session = _session(hosts)
    _line.before_body, _line.has_begun = before_body, False
    _line.deadline.restart(hosts.send_seconds if before_body else hosts.call_seconds)
    timed_out = False
    try:
        with session.request(
            request.method,
            request.url,
            params=request.params,
            data=request.body if request.form is None else urlencode(request.form),
            headers=_headers(request),
            allow_redirects=False,
            stream=True,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, _read(response, request.cut_at))
    except (OSError, HTTPException, HTTPError, ServerNotFoundError, UnicodeError):
        timed_out = _is_over()
    finally:
        _line.used_at, _line.before_body = time.monotonic(), None
    # Outside of the handler, so that not even the context of this exception leads to the library's.
    raise NoAnswer(may_have_arrived=_line.has_begun, timed_out=timed_out)


def _session(hosts: Hosts) -> requests.Session:
    """The session of this thread; sockets that a parent process opened are not ours to use."""
    if (_line.pid, _line.hosts) != (os.getpid(), hosts):
        _line.pid, _line.hosts = os.getpid(), hosts
        _line.session, _line.deadline = _Session(), Deadline(hosts.call_seconds, max_bytes=MAX_BYTES)
    elif time.monotonic() - _line.used_at > _IDLE:
        _line.session.close()
    return _line.session


def _headers(request: Ask) -> dict[str, str]:
    headers = {"Accept": "application/json", **request.headers}
    if request.form is not None or request.body is not None:
        headers["Content-Type"] = request.content_type if request.form is None else _FORM
    if request.token is not None:
        headers["Authorization"] = f"Bearer {request.token.reveal()}"
    return headers


def _read(response: requests.Response, cut_at: int | None) -> bytes:
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if cut_at is not None and len(body) >= cut_at:
            return bytes(body[:cut_at])
        if len(body) > MAX_BYTES:
            raise OSError("The answer is too long.")
    return bytes(body)


def _is_over() -> bool:
    try:
        _line.deadline.remaining()
    except TimeoutError:
        return True
    return False


def _connected(host: str, port: int) -> tuple[GuardedSocket, Server]:
    resolvers = _line.hosts.resolvers if _line.hosts else ()
    try:
        name = normalise_host(host)
        literal = literal_address(name)
    except ValueError:
        raise ServerNotFoundError(temporary=False) from None
    addresses = (literal,) if literal else addresses_of(name, resolvers, _line.deadline)
    server = Server(name, port, addresses)
    return connect(server, _line.deadline), server


class _Plain(HTTPConnection):
    """A connection within the deadline of the call. Settings allow it to this machine alone."""

    def connect(self) -> None:
        self.sock, _ = _connected(self.host, self.port)

    def request(self, *args: Any, **options: Any) -> None:
        _begin(self)
        super().request(*args, **options)


class _Secured(HTTPSConnection):
    """The same, encrypted, and verified by the system's authorities and the operator's."""

    def connect(self) -> None:
        plain, server = _connected(self.host, self.port)
        ca_file = _line.hosts.ca_file if _line.hosts else None
        try:
            self.sock = encrypted(plain, tls_context(ca_file=ca_file), server.name)
        except BaseException:
            plain.close()
            raise
        self.is_verified = True

    def request(self, *args: Any, **options: Any) -> None:
        _begin(self)
        super().request(*args, **options)


def _begin(connection: HTTPConnection) -> None:
    """Connect if need be, ask whether the message may leave, and note that from here on something has."""
    if connection.sock is None:
        connection.connect()
    if _line.before_body is not None and not _line.before_body():
        raise StoppedBeforeBody
    _line.has_begun = True


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecuredPool(HTTPSConnectionPool):
    ConnectionCls = _Secured


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecuredPool}


class _Session(requests.Session):
    """Knows no proxies, no cookies, no .netrc and no redirects: what it says is what we say."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = "NimbusOS"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(pool_connections=8, pool_maxsize=1))

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - an answer like any other
        return None
