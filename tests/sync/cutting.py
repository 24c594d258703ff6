"""A wire to a mail server that breaks after so many bytes of its answers, as one does when the server is killed."""

import random
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.factories import make_send
from tests.sync.reading import Inbox, fill, letter

_AT_ONCE = 240  # messages, which are three pages


class BreakingWire:
    """Listens on `port` and passes everything on; `breaks_after` bytes from the server both ends are reset."""

    def __init__(self, target: int) -> None:
        self.breaks_after: int | None = None
        self.broken = 0  # times that it did
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

    def _pass_on(self, source: socket.socket, target: socket.socket, most: int | None) -> None:
        with suppress(OSError):
            while data := source.recv(4096 if most is None else min(4096, most)):
                target.sendall(data)
                most = None if most is None else most - len(data)
                if most == 0:
                    self.broken += 1
                    break
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def break_often(inbox: Inbox, wire: BreakingWire, times: int, seed: int) -> int:
    """Let an inbox's server die so many times while mail is fetched from it; how many messages came meanwhile.

    It dies at places that differ each time, and there is always mail that was not fetched yet. Its sender was written
    to, so that its words are fetched as well.
    """
    chance = random.Random(seed)
    make_send(
        inbox.workspace_id, inbox.account_id, recipient="bob@beta.test", state="sent", message_id="<1@a.test>"
    )
    inbox.sync()
    count = 0
    while wire.broken < times:
        if len(inbox.kept_ids()) == count:
            fill(inbox.stack, inbox.email, [letter(number) for number in range(count, count + _AT_ONCE)])
            count += _AT_ONCE
        wire.breaks_after = chance.randrange(100, 90_000)
        inbox.sync()
    wire.breaks_after = None
    while inbox.sync().problem:
        pass
    return count
