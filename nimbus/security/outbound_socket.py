"""Sockets that a slow or flooding server cannot hold: one deadline and one byte budget for a whole step."""

import socket
import ssl
import time
from typing import Any

DEFAULT_MAX_BYTES = 1024 * 1024
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", socket.TCP_NODELAY)  # only Linux knows it


class TooMuchDataError(OSError):
    """The server sent more than a step may receive."""

    def __init__(self) -> None:
        super().__init__("The server sent more data than a mail server would.")


class Deadline:
    """What one step may still use: seconds and received bytes. Shared by a socket and its owner.

    Setting a time limit on a socket bounds each single read; a server that sends one byte a second
    never trips it. This bounds their sum.
    """

    def __init__(self, seconds: float, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Begin a step: `seconds` from now, the byte budget full."""
        self._end = time.monotonic() + seconds
        self._bytes_left = self._max_bytes

    def remaining(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def shortened(self, seconds: float) -> "Deadline":
        """A deadline of its own that ends after `seconds`, but never later than this one."""
        return Deadline(min(seconds, self.remaining()), max_bytes=self._bytes_left)

    def took(self, count: int) -> None:
        """Note received bytes; raises TooMuchDataError when the budget is spent."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise TooMuchDataError


class GuardedSocket(socket.socket):
    """A TCP socket that keeps to its deadline. `address` is the one it was connected to.

    The socket itself forgets that as soon as the other side has reset the connection.
    """

    deadline: Deadline
    address: str

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.deadline.remaining())
        _acknowledge_at_once(self)
        count = super().recv_into(buffer, nbytes, flags)
        self.deadline.took(count)
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.deadline.remaining())
        super().sendall(data, flags)


class GuardedTLSSocket(ssl.SSLSocket):
    """The encrypted twin; contexts of tls.py make it (`sslsocket_class`)."""

    deadline: Deadline

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read, or close: the library reads once from a connection that broke while it took it over, and drops it."""
        try:
            return super().recv(buflen, flags)
        except OSError:
            self.close()
            raise

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the standard library's signature
        self.settimeout(self.deadline.remaining())
        super().do_handshake(block)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.deadline.remaining())
        _acknowledge_at_once(self)
        count = super().recv_into(buffer, nbytes, flags)
        self.deadline.took(count)
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.deadline.remaining())
        return super().send(data, flags)  # sendall() calls this for each part


def _acknowledge_at_once(waiting: socket.socket) -> None:
    """Many servers hold the next part of an answer back until the first (or a TLS session ticket) is acknowledged.

    Linux would put that off for 40 ms, and forgets the wish whenever something is sent.
    """
    waiting.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)


def encrypted(plain: GuardedSocket, context: ssl.SSLContext, name: str) -> GuardedTLSSocket:
    """Shake hands on `plain` within its deadline; `name` is sent and checked. Raises ssl.SSLError or OSError."""
    secured = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
    if not isinstance(secured, GuardedTLSSocket):
        raise TypeError("The context was not made by nimbus.security.tls.")
    secured.deadline = plain.deadline
    try:
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured
