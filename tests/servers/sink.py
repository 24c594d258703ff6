"""A mail server that writes down what it takes before it says so, and misbehaves wherever a test wants it to.

Its log is the record that sending is judged by. So it shares nothing with the product's way of sending, and a line
is on the disk before the client hears 250: what is not in the log was never accepted.

`python -m tests.servers.sink LOG` serves until its standard input ends; it prints its port first.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.servers.faults import hang
from tests.servers.scripted import Connection, HangUp, ScriptedSmtp


class Point(StrEnum):
    """Where a client can be met, in the order of a dialogue."""

    GREETING = "greeting"  # nothing has been said
    EHLO = "EHLO"  # from here on: the client has sent this and has no answer yet
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"  # the whole message is here with its final dot, and is not taken
    TAKEN = "taken"  # it is taken and in the log, and the client does not know
    ANSWERED = "answered"  # the client was told 250


IN_DATA = (Point.BODY, Point.TAKEN, Point.ANSWERED)  # whoever dies here leaves a doubt


class Accepted(NamedTuple):
    """A line of the log."""

    send: str  # the X-NimbusOS-Send header
    message_id: str
    sender: str
    recipient: str
    at: float  # seconds since 1970


class Visit:
    """One client's connection, with sender and recipient of the message at hand."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.sender = self.recipient = ""
        self.in_data = False  # between our 354 and the client's next command

    def hang(self) -> None:
        """Say nothing more, and keep the connection until the sink ends."""
        hang(self.connection)
        raise HangUp

    @staticmethod
    def close() -> None:
        """Hang up instead of going on."""
        raise HangUp


# What to do at a point: None to go on as usual, or an answer (4xx, 5xx) to give instead; it may also hang, hang up, or
# do something to the client's process first. At TAKEN and ANSWERED an answer is not looked at: it is 250.
Whim = Callable[[Point, Visit], bytes | None]


class Sink(ScriptedSmtp):
    """Takes any password. `ended` counts connections that did, `cuts` those between 354 and the next command.

    `whim` may be exchanged at any time. Without `durable` the log is written and not synced, for speed alone.
    """

    def __init__(self, log: Path, whim: Whim = lambda *_: None, *, durable: bool = True) -> None:
        super().__init__()
        self.whim = whim
        self.log = log
        self.seen: Counter[Point] = Counter()
        self.cuts = self.ended = 0
        self._durable = durable
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        self._file = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        os.close(self._file)

    def converse(self, connection: Connection) -> None:
        visit = Visit(connection)
        try:
            self._meet(Point.GREETING, visit, b"220 sink.test ESMTP")
            while line := connection.line():
                visit.in_data = False
                self.received.clear()  # thousands of messages would be kept in memory otherwise
                self._command_of(visit, line)
        finally:
            with self._turn:
                self.cuts += visit.in_data
                self.ended += 1

    def _command_of(self, visit: Visit, line: bytes) -> None:
        name = line.partition(b" ")[0].upper().decode("ascii", "replace")
        match name:
            case "EHLO" | "AUTH":
                if refusal := self._whim_at(Point(name), visit):
                    visit.connection.send(refusal + b"\r\n")
                else:
                    self._command(visit.connection, line)
            case "MAIL":
                visit.sender = _path(line)
                self._meet(Point.MAIL, visit, b"250 2.1.0 Ok")
            case "RCPT":
                if self._meet(Point.RCPT, visit, b"250 2.1.5 Ok"):
                    visit.recipient = _path(line)
            case "DATA":
                self._take(visit)
            case _:
                self._command(visit.connection, line)

    def _take(self, visit: Visit) -> None:
        if not visit.recipient:
            visit.connection.send(b"503 5.5.1 Nobody to send it to\r\n")
            return
        visit.in_data = self._meet(Point.DATA, visit, b"354 End with a dot")
        if not visit.in_data:
            return
        message = visit.connection.until_dot()
        if refusal := self._whim_at(Point.BODY, visit):
            visit.connection.send(refusal + b"\r\n")
        else:
            self._write(visit, message)
            self._whim_at(Point.TAKEN, visit)
            visit.connection.send(b"250 2.0.0 Ok: queued as 1\r\n")
            self._whim_at(Point.ANSWERED, visit)
        visit.recipient = ""

    def _meet(self, point: Point, visit: Visit, usual: bytes) -> bool:
        """Answer at a point; whether it was the usual answer."""
        refusal = self._whim_at(point, visit)
        visit.connection.send((refusal or usual) + b"\r\n")
        return refusal is None

    def _whim_at(self, point: Point, visit: Visit) -> bytes | None:
        with self._turn:
            self.seen[point] += 1
        return self.whim(point, visit)

    def _write(self, visit: Visit, message: bytes) -> None:
        head = message.partition(b"\r\n\r\n")[0]
        names = [_header(head, name) for name in (b"X-NimbusOS-Send", b"Message-ID")]
        line = json.dumps([*names, visit.sender, visit.recipient, time.time()]) + "\n"
        os.write(self._file, line.encode())  # one call, so lines of several clients do not mix
        if self._durable:
            os.fdatasync(self._file)

    def _features(self, connection: Connection) -> bytes:
        return super()._features(connection).replace(b"250-8BITMIME", b"250-PIPELINING\n250-8BITMIME")


def accepted(log: Path) -> list[Accepted]:
    """What a sink with this log has taken, in order; a line that is not whole is the mark of its own death."""
    whole = log.read_text().rpartition("\n")[0]
    return [Accepted(*json.loads(line)) for line in whole.splitlines()]


def _path(line: bytes) -> str:
    found = re.search(rb"<([^>]*)>", line)
    return found[1].decode("utf-8", "replace") if found else ""


def _header(head: bytes, name: bytes) -> str:
    found = re.search(rb"(?im)^" + name + rb":[ \t]*((?:.*?)(?:\r\n[ \t].*?)*)\r?$", head)
    return re.sub(r"\s+", "", found[1].decode("utf-8", "replace")) if found else ""


def main(log: str) -> None:
    with Sink(Path(log), durable=False) as sink:
        sys.stdout.write(f"{sink.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
