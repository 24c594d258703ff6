"""A wire to a mail server that breaks after so many bytes of its answers, as one does when the server is killed."""

import random
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.sync.reading import Inbox, fill, letter

MESSAGES = 240


class BreakingWire:
    """Listens on `port` and passes everything on; `breaks_after` bytes from the server both ends are reset."""

    def __init__(self, target: int) -> None:
        self.breaks_after: int | None = None
        self._target = target
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        for each in (self._listener, *self._open):
            each.close()

    def _start(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += client, server
                self._start(self._pass_on, client, server, None)
                self._start(self._pass_on, server, client, self.breaks_after)

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, most: int | None) -> None:
        with suppress(OSError):
            while data := source.recv(4096 if most is None else min(4096, most)):
                target.sendall(data)
                most = None if most is None else most - len(data)
                if most == 0:
                    break
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def break_often(inbox: Inbox, wire: BreakingWire, times: int, seed: int) -> None:
    """Read an inbox with so many messages while its server dies at places that differ each time, and once in peace."""
    chance = random.Random(seed)
    inbox.sync()
    fill(inbox.stack, inbox.email, [letter(number) for number in range(MESSAGES)])
    for _ in range(times):
        wire.breaks_after = chance.randrange(100, 60_000)
        inbox.sync()
    wire.breaks_after = None
    while inbox.sync().problem:
        pass
