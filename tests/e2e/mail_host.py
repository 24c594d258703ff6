"""A mail host as people know it: one name with the usual ports, behind which any server of the tests can stand."""

import contextlib
import random
import shutil
import socket
import socketserver
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class _Passage(socketserver.BaseRequestHandler):
    """Carries bytes both ways between a client and whatever its port leads to."""

    def handle(self) -> None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.server.leads_to)) as inner,
        ):
            back = threading.Thread(target=_pour, args=(inner, self.request), daemon=True)
            back.start()
            _pour(self.request, inner)
            back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        with source.makefile("rb", buffering=0) as given, target.makefile("wb", buffering=0) as taken:
            shutil.copyfileobj(given, taken)
        target.shutdown(socket.SHUT_WR)


class _Door(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    leads_to = 0


class MailHost:
    """Listens at the given ports of an address on loopback that nobody else uses; each leads to a port of 127.0.0.1.

    Ports below 1024 need root, as the real mail servers do.
    """

    def __init__(self, doors: Mapping[int, int]) -> None:
        self.address = ".".join(["127", *(str(random.randint(1, 250)) for _ in range(3))])
        self._doors = {port: _Door((self.address, port), _Passage) for port in doors}
        for port, behind in doors.items():
            self.lead(port, behind)

    def lead(self, port: int, behind: int) -> None:
        """From now on, whoever connects to the port reaches this one of 127.0.0.1."""
        self._doors[port].leads_to = behind

    def __enter__(self) -> Self:
        for door in self._doors.values():
            threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for door in self._doors.values():
            door.shutdown()
            door.server_close()
