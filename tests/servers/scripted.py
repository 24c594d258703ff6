"""Small SMTP and IMAP servers that say what a test tells them to, and remember what the client said."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.certificates import ServerCertificate


class HangUp(Exception):
    """Ends the connection from within an action or when the client has gone."""


class Connection:
    """One client, as an action sees it: read lines, send bytes, wait, hang up."""

    def __init__(self, raw: socket.socket, received: list[bytes], stopping: threading.Event) -> None:
        self.socket, self._received, self.stopping = raw, received, stopping
        self._reader = raw.makefile("rb")
        self.encrypted = False

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        """The client's next line without its end, which is also remembered."""
        return self._remember(self._reader.readline()).rstrip(b"\r\n")

    def exactly(self, size: int) -> bytes:
        return self._remember(self._reader.read(size))

    def until_dot(self) -> bytes:
        lines = []
        while (line := self._reader.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        return self._remember(b"".join(lines))

    def _remember(self, data: bytes) -> bytes:
        if not data:
            raise HangUp
        self._received.append(data)
        return data

    def start_tls(self, context: ssl.SSLContext) -> None:
        self._reader.close()
        # Kept before the handshake: whoever stops the server must find the socket that is waiting for the client.
        self.socket = secure = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        if self.stopping.is_set():
            raise HangUp
        secure.do_handshake()
        self._reader = self.socket.makefile("rb")
        self.encrypted = True

    def close(self) -> None:
        self._reader.close()
        self.socket.close()


# What a script may put at a command: the bytes to answer, or something to do after which the connection ends.
Action = Callable[[Connection], None]
Replies = Mapping[str, bytes | Action]


class ScriptedServer:
    """The common part: listens on a free port of 127.0.0.1 from `with` to its end, one thread a client.

    replies: command in capitals to the answer instead of the usual one; "GREETING" is a command too. Line ends are
    added. received: every line, literal and message that clients sent, in order. implicit_tls, starttls: the
    certificate to serve at once or after STARTTLS, which is only offered then. tls_version: speak this one only.
    """

    def __init__(
        self,
        replies: Replies | None = None,
        *,
        implicit_tls: ServerCertificate | None = None,
        starttls: ServerCertificate | None = None,
        tls_version: ssl.TLSVersion | None = None,
    ) -> None:
        self.replies: Replies = replies or {}
        self.received: list[bytes] = []
        self.port = 0
        self._implicit_tls, self.offers_starttls = implicit_tls is not None, starttls is not None
        certificate = implicit_tls or starttls
        self._context = _server_context(certificate, tls_version) if certificate else None
        self._stopping = threading.Event()
        self._open: set[Connection] = set()
        self._threads: list[threading.Thread] = []

    def converse(self, connection: Connection) -> None:
        """The dialogue after the connection stands; each protocol has its own."""
        raise NotImplementedError

    def answer(self, connection: Connection, command: str, usual: bytes, tag: bytes = b"") -> bytes:
        """Answer as scripted, else as usual; an action ends the connection. Returns what was said."""
        reply = self.replies.get(command, usual)
        if not isinstance(reply, bytes):
            reply(connection)
            raise HangUp
        said = re.sub(rb"\r?\n", b"\r\n", reply.rstrip(b"\r\n")) + b"\r\n"
        said = re.sub(rb"(?m)^TAG ", lambda _: tag + b" ", said)
        connection.send(said)
        return said

    def encrypt(self, connection: Connection) -> None:
        if self._context is None:
            raise HangUp
        connection.start_tls(self._context)

    def _serve(self, raw: socket.socket) -> None:
        connection = Connection(raw, self.received, self._stopping)
        self._open.add(connection)
        # Whatever a client or a fault does to the connection ends the dialogue, never the server.
        with contextlib.suppress(HangUp, OSError, ValueError):
            if self._stopping.is_set():
                raise HangUp
            if self._implicit_tls:
                self.encrypt(connection)
            self.converse(connection)
        self._open.discard(connection)
        connection.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(raw,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        acceptor = threading.Thread(target=self._accept, daemon=True)
        self._threads.append(acceptor)
        acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        _shut(self._listener)
        for connection in list(self._open):
            _shut(connection.socket)
        for thread in list(self._threads):
            thread.join(timeout=5)
        self._listener.close()


def _shut(connection: socket.socket) -> None:
    """Wake whoever waits on the socket in another thread; closing alone would leave it waiting."""
    with contextlib.suppress(OSError):
        # Not the method of a TLS socket: that one also forgets the encryption, under the feet of the other thread.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _server_context(certificate: ServerCertificate, version: ssl.TLSVersion | None) -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as directory:
        context = certificate.server_context(Path(directory))
    if version is not None:
        # OpenSSL 3 speaks versions older than 1.2 at its lowest security level only.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what this server is for
            context.minimum_version = context.maximum_version = version
    return context


class ScriptedSmtp(ScriptedServer):
    """A submission server that takes any password and any message. "MESSAGE" is the answer after the final dot.

    Without a script it offers AUTH at once, or after STARTTLS where it offers that.
    """

    def converse(self, connection: Connection) -> None:
        self.answer(connection, "GREETING", b"220 scripted.test ESMTP")
        while line := connection.line():
            self._command(connection, line)

    def _command(self, connection: Connection, line: bytes) -> None:
        command = line.split(b" ")[0].upper().decode("ascii", "replace")
        match command:
            case "EHLO":
                self.answer(connection, command, self._features(connection))
            case "STARTTLS":
                usual = b"220 2.0.0 Ready" if self.offers_starttls else b"502 5.5.1 Not implemented"
                if self.answer(connection, command, usual).startswith(b"220"):
                    self.encrypt(connection)
            case "AUTH":
                self._authenticate(connection, line)
            case "DATA":
                if self.answer(connection, command, b"354 End with a dot").startswith(b"354"):
                    connection.until_dot()
                    self.answer(connection, "MESSAGE", b"250 2.0.0 Ok: queued as 1")
            case "QUIT":
                self.answer(connection, command, b"221 2.0.0 Bye")
                raise HangUp
            case _:
                self.answer(connection, command, b"250 2.0.0 Ok")

    def _features(self, connection: Connection) -> bytes:
        waits_for_tls = self.offers_starttls and not connection.encrypted
        return b"\n".join(
            [
                b"250-scripted.test",
                b"250-STARTTLS" if waits_for_tls else b"250-AUTH PLAIN LOGIN",
                b"250-8BITMIME",
                b"250 ENHANCEDSTATUSCODES",
            ],
        )

    def _authenticate(self, connection: Connection, line: bytes) -> None:
        mechanism, *initial = line.split(b" ")[1:]
        prompts = [b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"] if mechanism.upper() == b"LOGIN" else [b""]
        if callable(self.replies.get("AUTH")):
            prompts = []
        for prompt in prompts[len(initial) :]:
            connection.send(b"334 " + prompt + b"\r\n")
            connection.line()
        self.answer(connection, "AUTH", b"235 2.7.0 Authentication successful")


_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_IMAP_ANSWERS = {
    "LIST": b'* LIST (\\HasNoChildren) "/" INBOX\nTAG OK Done',
    "SELECT": b"* 0 EXISTS\n* OK [UIDVALIDITY 1] Valid\n* OK [UIDNEXT 1] Next\nTAG OK [READ-WRITE] Done",
    "EXAMINE": b"* 0 EXISTS\n* OK [UIDVALIDITY 1] Valid\n* OK [UIDNEXT 1] Next\nTAG OK [READ-ONLY] Done",
    "SEARCH": b"* SEARCH\nTAG OK Done",
    "STARTTLS": b"TAG BAD Not offered",
    "LOGOUT": b"* BYE See you\nTAG OK Done",
}


class ScriptedImap(ScriptedServer):
    """An IMAP server with one empty INBOX that takes any password. In a script, `TAG ` begins the tagged line.

    "UID SEARCH" is scripted as "SEARCH", and so on.
    """

    def converse(self, connection: Connection) -> None:
        self.answer(connection, "GREETING", b"* OK scripted.test IMAP4rev1 ready")
        while line := self._whole_command(connection):
            tag, *words = line.split(b" ")
            name = words[1 if words and words[0].upper() == b"UID" else 0 :][:1] or [b"NOTHING"]
            self._command(connection, tag, name[0].upper().decode("ascii", "replace"), words)

    @staticmethod
    def _whole_command(connection: Connection) -> bytes:
        line = connection.line()
        while literal := _LITERAL.search(line):
            if not literal[2]:
                connection.send(b"+ Ready\r\n")
            line = line[: literal.start()] + connection.exactly(int(literal[1])) + connection.line()
        return line

    def _command(self, connection: Connection, tag: bytes, name: str, words: list[bytes]) -> None:
        scripted = self.replies.get(name)
        if name == "AUTHENTICATE" and len(words) == 2 and not callable(scripted):
            connection.send(b"+ \r\n")
            connection.line()
        usual = _IMAP_ANSWERS.get(name, b"TAG OK Done")
        if name == "CAPABILITY":
            usual = b"* CAPABILITY IMAP4rev1 " + self._features(connection) + b"\nTAG OK Done"
        if name == "STARTTLS" and self.offers_starttls:
            usual = b"TAG OK Go ahead"
        said = self.answer(connection, name, usual, tag)
        if name == "STARTTLS" and tag + b" OK" in said:
            self.encrypt(connection)
        if name == "LOGOUT":
            raise HangUp

    def _features(self, connection: Connection) -> bytes:
        if self.offers_starttls and not connection.encrypted:
            return b"STARTTLS LOGINDISABLED"
        return b"AUTH=PLAIN SASL-IR"
