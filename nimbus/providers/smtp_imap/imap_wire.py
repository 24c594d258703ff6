"""IMAPClient and the library under it on our guarded socket: bounded, quiet, and noted in the dialogue."""

import base64
import imaplib
from collections.abc import Callable
from typing import Any

from imapclient import IMAPClient

from nimbus.providers.smtp_imap.attempt import Attempt
from nimbus.providers.smtp_imap.replies import ServerClosedError
from nimbus.security.outbound import GuardedSocket, GuardedTLSSocket, TooMuchDataError

MAX_BYTES = 32 * 1024 * 1024  # received in one step
_MAX_LITERAL = MAX_BYTES
_MAX_LINE = 1_000_000
_MAX_LINES = 20_000  # between two begin(); each becomes an object that weighs far more than its bytes


class Wire(imaplib.IMAP4):
    """The library's client on our socket. Making one reads the greeting."""

    def __init__(self, opened: GuardedSocket | GuardedTLSSocket, attempt: Attempt) -> None:
        self._attempt = attempt
        self._lines_left = _MAX_LINES
        self._unsent = b""
        self.signing_in = False
        self._use(opened)
        super().__init__(attempt.login.host, attempt.login.port)

    def _use(self, opened: GuardedSocket | GuardedTLSSocket) -> None:
        self.sock = opened
        self._reader = opened.makefile("rb")

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002 - the library's signature
        """Nothing to open: the socket came with us."""
        self.host, self.port = host, port

    def begin(self) -> None:
        """Something new is asked: what was answered before counts no more."""
        self._lines_left = _MAX_LINES
        self.untagged_responses.clear()

    def read(self, size: int) -> bytes:
        """A literal, refused by its announced size before any memory is set aside for it."""
        if size > _MAX_LITERAL:
            raise TooMuchDataError
        data = self._reader.read(size)
        if len(data) < size:
            raise ServerClosedError
        self._attempt.dialogue.note(f"{size} bytes from the server")
        return data

    def readline(self) -> bytes:
        line = self._reader.readline(_MAX_LINE + 1)
        self._lines_left -= 1
        if len(line) > _MAX_LINE or self._lines_left < 0:
            raise TooMuchDataError
        if line:
            self._attempt.dialogue.server(line)
        if not line.endswith(b"\n"):
            raise ServerClosedError
        self._attempt.heard = line
        return line

    def send(self, data: Any) -> None:
        """Send whole lines only: the library hands over a command in pieces."""
        self._unsent += bytes(data)
        if self._unsent.endswith(b"\r\n"):
            self._attempt.dialogue.client(self._unsent, signing_in=self.signing_in)
            self.sock.sendall(self._unsent)
            self._unsent = b""

    def shutdown(self) -> None:
        self._reader.close()
        self.sock.close()

    def say_goodbye(self) -> None:
        """LOGOUT, without waiting for an answer that could change nothing."""
        self.send(self._new_tag() + b" LOGOUT\r\n")

    def start_tls(self, secure: Callable[[GuardedSocket], GuardedTLSSocket]) -> GuardedTLSSocket:
        """Go on encrypted; what the server said or sent ahead in clear text is forgotten."""
        assert isinstance(self.sock, GuardedSocket)
        kind, data = self._simple_command("STARTTLS")
        if kind != "OK":
            raise self.error(data)
        secured = secure(self.sock)
        self._use(secured)
        self.untagged_responses = {}
        self.capabilities = ()
        return secured

    def log_in(self, user: str, password: str) -> None:
        """Sign in once, in UTF-8, by the best way on offer; raises IMAP4.error when the server refuses."""
        self.signing_in = True
        if "AUTH=PLAIN" in self.capabilities:
            kind, data = self._authenticate_plain(f"\0{user}\0{password}".encode())
        else:
            kind, data = self._log_in_plainly(user, password)
        if kind != "OK":
            raise self.error(data)
        self.state = "AUTH"
        self.signing_in = False
        if "CAPABILITY" in self.untagged_responses:
            self.know_capabilities()

    def _authenticate_plain(self, response: bytes) -> Any:
        if "SASL-IR" in self.capabilities:
            return self._simple_command("AUTHENTICATE", "PLAIN", base64.b64encode(response))
        return self.authenticate("PLAIN", lambda _challenge: response)

    def _log_in_plainly(self, user: str, password: str) -> Any:
        if password.isascii():
            return self._simple_command("LOGIN", _quoted(user), _quoted(password))
        self.literal: Any = password.encode()  # a quoted string may hold ASCII only
        return self._simple_command("LOGIN", _quoted(user))

    def know_capabilities(self) -> None:
        """Ask for the capabilities, unless the latest answer brought them."""
        known = self.untagged_responses.pop("CAPABILITY", None)
        if known is None:
            _kind, known = self.capability()
        listed = known[-1]
        text = listed.decode("ascii", "replace") if isinstance(listed, bytes) else ""
        self.capabilities = tuple(text.upper().split())

    _get_capabilities = know_capabilities  # the library's own asks again for what the greeting said


class Client(IMAPClient):  # type: ignore[misc]  # the library is untyped
    """IMAPClient on our wire, for its parsing; it neither connects nor logs."""

    def __init__(self, wire: Wire) -> None:
        self._ready_wire = wire
        super().__init__(wire.host, wire.port, ssl=False)
        # What is needed is known; IMAPClient would ask once more after signing in.
        self._cached_capabilities = tuple(name.encode() for name in wire.capabilities)
        self._imap.debug = 0  # IMAPClient switches imaplib's debugging on, which would log passwords

    def _create_IMAP4(self) -> Wire:  # noqa: N802 - the library's name
        return self._ready_wire


def _quoted(text: str) -> bytes:
    return b'"' + text.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
