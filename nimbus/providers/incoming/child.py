"""The child process that reads mail: within its limits, with nothing in it that is worth having.

It takes a number of bytes and then those bytes, and answers with a letter, a number of bytes, and JSON or a word.
"""

import contextlib
import resource
import signal
import socket
import struct
import sys
from typing import Final

LENGTH: Final = struct.Struct(">cQ")  # what it is, and how long
READ, TOO_MUCH, BROKEN = b"r", b"m", b"b"
OUT_OF_MEMORY: Final = 3  # how the process ends when a message does not even fit in


def main(arguments: list[str]) -> None:
    """Serve the socket that is the standard input until it is closed. Arguments: CPU seconds for each, bytes of memory."""
    seconds, memory = float(arguments[0]), int(arguments[1])
    from nimbus.providers.incoming.parse import parse

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with socket.socket(fileno=0) as pipe, contextlib.suppress(ConnectionError):
        while True:
            _limit(seconds)
            try:
                raw = _receive(pipe)
            except MemoryError:
                sys.exit(OUT_OF_MEMORY)  # the rest of it is still on its way
            if raw is None:
                return
            try:
                kind, answer = READ, parse(raw).to_json().encode("utf-8", "replace")
            except MemoryError:
                kind, answer = TOO_MUCH, b""
            except Exception as error:  # noqa: BLE001 - whatever it was, the next message goes on
                kind, answer = BROKEN, type(error).__name__.encode()
            pipe.sendall(LENGTH.pack(kind, len(answer)) + answer)


def _limit(seconds: float) -> None:
    """End this process when it has worked that long from now on; the kernel sees to it, whatever the code is doing."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, resource.RLIM_INFINITY))


def _receive(pipe: socket.socket) -> bytes | None:
    head = receive_exactly(pipe, LENGTH.size)
    return None if head is None else receive_exactly(pipe, LENGTH.unpack(head)[1])


def receive_exactly(pipe: socket.socket, size: int) -> bytes | None:
    """So many bytes; None when the other side has gone."""
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = pipe.recv_into(view[got:])
        if not count:
            return None
        got += count
    view.release()
    return bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
