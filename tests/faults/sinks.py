"""Mail servers that strike: at one point of the dialogue they send a signal to the very process they talk to."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from tests.faults.people import Mailbox, mailbox
from tests.faults.world import World, eventually
from tests.servers.scripted import Connection, ScriptedImap, ScriptedSmtp

# The client has sent this and has no answer yet. MESSAGE is the final dot: the message is accepted and delivered.
SMTP_POINTS = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "MESSAGE")
IMAP_POINTS = ("GREETING", "LOGIN", "EXAMINE", "SEARCH")
POINTS = tuple(("smtp", point) for point in SMTP_POINTS) + tuple(("imap", point) for point in IMAP_POINTS)
_SPELLINGS = {"LOGIN": ("LOGIN", "AUTHENTICATE")}


def client_of(connection: Connection, world: World, *, within: float = 5) -> int:
    """Which of the world's workers holds the other end of a connection on loopback; AssertionError if none does."""
    # Both ends: an older connection elsewhere may have had the same port here.
    ends = [_spelled(connection.socket.getpeername()), _spelled(connection.socket.getsockname())]
    holders: list[int] = []

    def found() -> bool:
        # The kernel lists its sockets piece by piece, and one may be left out while others come and go.
        lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        inodes = {f"socket:[{fields[9]}]" for fields in lines if fields[1:3] == ends}
        holders.extend(pid for pid in world.workers() if inodes & _descriptors(pid))
        return bool(holders)

    assert eventually(found, within=within), "no worker holds the other end"
    return holders[0]


def _spelled(end: tuple[str, int]) -> str:
    """An address of loopback as the kernel's list of sockets writes it."""
    return f"0100007F:{end[1]:04X}"


def _descriptors(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(descriptor.readlink()))
    return found


class _Striking:
    """Strikes as its point is reached, then goes on as usual with whoever is left."""

    point: str
    strike: Callable[[Connection], object]

    def answer(self, connection: Connection, command: str, usual: bytes, tag: bytes = b"") -> bytes:
        if command in _SPELLINGS.get(self.point, (self.point,)):
            self.strike(connection)
        return super().answer(connection, command, usual, tag)


class _StrikingSmtp(_Striking, ScriptedSmtp):
    pass


class _StrikingImap(_Striking, ScriptedImap):
    pass


class Sinks:
    """A striking server for each mailbox, until the end of the `with`; `struck` are the processes in order."""

    def __init__(self, world: World, number: signal.Signals = signal.SIGKILL) -> None:
        self.struck: list[int] = []
        self._number = number
        self._world = world
        self._open = ExitStack()

    def mailbox(self, name: str, leg: str, point: str) -> Mailbox:
        """A mailbox whose worker is struck at a point of a leg; the other leg meets the real servers."""
        server = _StrikingSmtp() if leg == "smtp" else _StrikingImap()
        port = self._open.enter_context(server).port
        chosen = mailbox(self._world, name, **{f"{leg}_port": port, f"{leg}_security": "none"})

        def strike(connection: Connection) -> None:
            if point == "MESSAGE":
                self._world.stack.deliver(chosen.address, server.received[-1])
            victim = client_of(connection, self._world)
            os.kill(victim, self._number)
            self.struck.append(victim)

        server.point, server.strike = point, strike
        return chosen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()
