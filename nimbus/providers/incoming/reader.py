"""Reading what came in, each message within 2 s and 256 MiB, whatever its sender had in mind.

The work is done in a child process that holds no key, no connection and no setting: a message that kills it costs that
message alone. Starting one takes a tenth of a second, so it is kept over many messages.
"""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from nimbus.errors import NimbusError
from nimbus.providers.incoming.child import BROKEN, LENGTH, OUT_OF_MEMORY, READ, TOO_MUCH, receive_exactly
from nimbus.providers.incoming.mime import MOST_BYTES
from nimbus.rules.parsed_mail import ParsedMail

_CHECKOUT = Path(__file__).parents[3]
_SERVED_AT_MOST = 2000  # messages by one child, so that no leak grows
_LONGEST_ANSWER = 32 * 1024 * 1024  # bytes
_ENDS_WITHIN = 5.0  # seconds, for a child that has closed its side already
_OUT_OF_TIME = frozenset({-signal.SIGPROF, -signal.SIGXCPU})


class Reason(StrEnum):
    """Why a message could not be read."""

    TOO_SLOW = "too_slow"
    TOO_BIG = "too_big"
    BROKEN = "broken"


_SENTENCES = {
    Reason.TOO_SLOW: "Reading this message took too long.",
    Reason.TOO_BIG: "Reading this message took too much memory.",
    Reason.BROKEN: "This message broke the program that reads it.",
}


class Unreadable(NimbusError):
    """A message that could not be read within the limits; the sentence quotes nothing of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SENTENCES[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost: seconds of CPU, bytes of memory; and of wall time, for a machine that is busy."""

    cpu_seconds: float = 2.0
    memory: int = 256 * 1024 * 1024
    wall_seconds: float = 30.0


class Reader:
    """Reads one message after another. Use as a context manager, from one thread; it starts a child once it has to."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: socket.socket | None = None
        self._served = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()

    def read(self, raw: bytes) -> ParsedMail:
        """What the message says. Raises Unreadable; the next one is read all the same."""
        pipe = self._ready()
        data = raw[: MOST_BYTES + 1]  # one more, so that it is seen to have been cut
        try:
            pipe.sendall(LENGTH.pack(READ, len(data)))
            pipe.sendall(data)
            kind, answer = self._answer(pipe)
            if kind == READ:
                self._served += 1
                return ParsedMail.from_json(answer.decode("utf-8", "replace"))
        except TimeoutError:
            self._stop()
            raise Unreadable(Reason.TOO_SLOW) from None
        except ConnectionError:
            raise Unreadable(self._why_it_ended()) from None
        except (ValueError, TypeError, KeyError, AttributeError):
            kind = BROKEN
        self._stop()
        raise Unreadable(Reason.TOO_BIG if kind == TOO_MUCH else Reason.BROKEN)

    def _answer(self, pipe: socket.socket) -> tuple[bytes, bytes]:
        head = receive_exactly(pipe, LENGTH.size)
        if head is None:
            raise ConnectionResetError
        kind, size = LENGTH.unpack(head)
        if size > _LONGEST_ANSWER:
            raise ValueError("This answer is longer than any may be.")
        answer = receive_exactly(pipe, size)
        if answer is None:
            raise ConnectionResetError
        return kind, answer

    def _ready(self) -> socket.socket:
        """The way to a child that lives."""
        if self._child is not None and (self._served >= _SERVED_AT_MOST or self._child.poll() is not None):
            self._stop()
        if self._pipe is None:
            self._start()
        assert self._pipe is not None
        return self._pipe

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(self.limits.wall_seconds)
        command = [sys.executable, "-m", "nimbus.providers.incoming.child"]
        limits = [str(self.limits.cpu_seconds), str(self.limits.memory)]
        with theirs:
            self._child = subprocess.Popen(  # noqa: S603 - our own module, and numbers
                command + limits,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=_CHECKOUT,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        self._pipe, self._served = ours, 0

    def _why_it_ended(self) -> Reason:
        assert self._child is not None
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(_ENDS_WITHIN)
        how = self._child.returncode
        self._stop()
        if how == OUT_OF_MEMORY:
            return Reason.TOO_BIG
        return Reason.TOO_SLOW if how in _OUT_OF_TIME else Reason.BROKEN

    def _stop(self) -> None:
        """End the child; it has nothing to finish."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._pipe, self._child = None, None
