"""The web server's process. What is no HTTP never gets to the application: it is answered here, like everything else."""

from contextlib import suppress
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.util import write_nonblock
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from nimbus.web.headers import headers_of_pages

_OURS = (InvalidResponseHeader, InvalidResponseHeaderName)


class HttpWorker(ThreadWorker):
    """Gunicorn's threaded worker. Its own answers repeat parts of the request and have none of our headers."""

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once.

        Gunicorn's own way shuts the pool of threads first, and waits for ever where the signal came while a connection
        was being handed to it: the thread that runs this holds the pool's lock then.
        """
        Worker.handle_quit(self, sig, frame)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:  # noqa: ARG002 - gunicorn's names
        status = _status(exc)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("A request failed outside the application", exc_info=exc)
        else:
            self.log.warning("Refused what is no request from %s: %s", (addr or ("",))[0], type(exc).__name__)
        https = self.wsgi.config["SESSION_COOKIE_SECURE"]
        with suppress(OSError):  # gone already
            write_nonblock(client, _answer(status, https=https))


def _status(problem: Exception) -> HTTPStatus:
    """The status for what was thrown while a request was read or answered."""
    if isinstance(problem, _OURS) or not isinstance(problem, ParseException):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(problem, LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(problem, LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return HTTPStatus.BAD_REQUEST


def _answer(status: HTTPStatus, *, https: bool) -> bytes:
    body = f"{status.phrase}\n"
    headers = {
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        **headers_of_pages(https=https),
    }
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", body]).encode("latin-1")
