"""Mail servers that are broken on purpose, each a context manager giving an object with `port` (and `received`).

Two kinds of things are here. Actions (`hang`, `hang_up`, `reset`, `drip(...)`, `repeat(...)`, `say_and_hang_up(...)`)
can be put at any command of a script: `ScriptedSmtp({"RCPT": hang_up})`. The functions below them are the faults that
the product is proved against, ready made for `kind` "smtp" or "imap".
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.servers.certificates import ServerCertificate
from tests.servers.scripted import Action, Connection, Replies, ScriptedImap, ScriptedServer, ScriptedSmtp

__all__ = ["ScriptedImap", "ScriptedSmtp"]

Kind = Literal["smtp", "imap"]

SMTP_COMMANDS = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "MESSAGE")
IMAP_COMMANDS = ("GREETING", "CAPABILITY", "LOGIN", "SELECT", "SEARCH")

# Actions, for any command of a script


def hang(connection: Connection) -> None:
    """Say nothing more, and keep the connection."""
    connection.stopping.wait()


def hang_up(_: Connection) -> None:
    """Close the connection instead of answering."""


def reset(connection: Connection) -> None:
    """Drop the connection with a reset, as a crashed server or a firewall does."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(start: bytes, *, seconds: float = 1.0) -> Action:
    """Begin a line and go on for ever, one byte at a time: each byte comes in time, the line never."""

    def action(connection: Connection) -> None:
        connection.send(start[:1])
        rest = iter(start[1:])
        while not connection.stopping.wait(seconds):
            connection.send(bytes([next(rest, ord("."))]))

    return action


def repeat(piece: bytes, *, after: bytes = b"") -> Action:
    """Send a piece again and again, as fast as the client reads."""

    def action(connection: Connection) -> None:
        block = piece * (1 + 65536 // len(piece))
        connection.send(after)
        while not connection.stopping.is_set():
            connection.send(block)

    return action


def say_and_hang_up(words: bytes) -> Action:
    """One last answer, then the end."""
    return lambda connection: connection.send(words + b"\r\n")


def scripted(
    kind: Kind,
    replies: Replies | None = None,
    *,
    implicit_tls: ServerCertificate | None = None,
    starttls: ServerCertificate | None = None,
    tls_version: ssl.TLSVersion | None = None,
) -> ScriptedServer:
    """A scripted server of either kind."""
    server = ScriptedSmtp if kind == "smtp" else ScriptedImap
    return server(replies, implicit_tls=implicit_tls, starttls=starttls, tls_version=tls_version)


# Faults of the connection


@dataclass
class ClosedPort:
    """A port at which no dialogue ever begins."""

    port: int
    received: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def refused() -> Iterator[ClosedPort]:
    """Connections are refused: the port is taken, so nobody else can get it, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield ClosedPort(taken.getsockname()[1])


@contextlib.contextmanager
def black_hole() -> Iterator[ClosedPort]:
    """Connecting hangs: nobody accepts, the queue is full, and so Linux ignores whoever else knocks."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with contextlib.suppress(TimeoutError):
            while True:
                sockets.enter_context(socket.create_connection(address, timeout=0.1))
        yield ClosedPort(address[1])


def _opening(kind: Kind) -> bytes:
    return b"220-" if kind == "smtp" else b"* OK "


def silent(kind: Kind) -> ScriptedServer:
    """Accepts, and never says a word."""
    return scripted(kind, {"GREETING": hang})


def dripping(kind: Kind, *, seconds: float = 1.0) -> ScriptedServer:
    """The greeting comes one byte a second, for ever."""
    return scripted(kind, {"GREETING": drip(_opening(kind), seconds=seconds)})


def endless_line(kind: Kind) -> ScriptedServer:
    """The greeting is a line without an end, as fast as it is read."""
    return scripted(kind, {"GREETING": repeat(b"x", after=_opening(kind))})


def endless_reply(kind: Kind) -> ScriptedServer:
    """The first reply has no last line: a multi-line EHLO answer, or untagged answers to CAPABILITY."""
    if kind == "smtp":
        return scripted(kind, {"EHLO": repeat(b"250-X-MORE\r\n")})
    return scripted(kind, {"CAPABILITY": repeat(b"* OK more\r\n")})


def huge_literal(command: str = "LIST") -> ScriptedServer:
    """IMAP: the answer announces a literal of 100 gigabytes and begins to send it."""
    announcement = b'* LIST () "/" {99999999999}\r\n'
    return ScriptedImap({command: repeat(b"x", after=announcement)})


def resetting(kind: Kind) -> ScriptedServer:
    """A reset instead of a greeting."""
    return scripted(kind, {"GREETING": reset})


def closing_at(kind: Kind, command: str) -> ScriptedServer:
    """Hangs up when it hears the command; see SMTP_COMMANDS and IMAP_COMMANDS."""
    names = {"LOGIN", "AUTHENTICATE"} if command == "LOGIN" else {command}
    names |= {"EXAMINE"} if command == "SELECT" else set()
    return scripted(kind, dict.fromkeys(names, hang_up))


# Faults of the encryption


def with_certificate(kind: Kind, certificate: ServerCertificate, *, starttls: bool = False) -> ScriptedServer:
    """A good server with this certificate, at once or after STARTTLS; see `certificates` for the bad ones."""
    if starttls:
        return scripted(kind, starttls=certificate)
    return scripted(kind, implicit_tls=certificate)


def old_tls(
    kind: Kind,
    certificate: ServerCertificate,
    *,
    starttls: bool = False,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1,
) -> ScriptedServer:
    """Speaks TLS 1.0 and nothing newer (or another single version)."""
    if starttls:
        return scripted(kind, starttls=certificate, tls_version=version)
    return scripted(kind, implicit_tls=certificate, tls_version=version)


def without_starttls(kind: Kind) -> ScriptedServer:
    """Works, but offers no encryption at all."""
    return scripted(kind)


def injecting(kind: Kind, certificate: ServerCertificate) -> ScriptedServer:
    """An answer in clear follows STARTTLS in the same packet: a client must not take it for an encrypted one."""
    if kind == "smtp":
        return scripted(kind, {"STARTTLS": b"220 Ready\n250-injected\n250 AUTH PLAIN"}, starttls=certificate)
    return scripted(kind, {"STARTTLS": b"TAG OK Go ahead\n* OK [ALERT] injected"}, starttls=certificate)


def preauthenticated() -> ScriptedServer:
    """IMAP: the greeting claims that the client is signed in already, which would skip STARTTLS."""
    return ScriptedImap({"GREETING": b"* PREAUTH welcome back"})


def login_disabled() -> ScriptedServer:
    """IMAP: no sign-in with a password, and no STARTTLS after which there might be."""
    return ScriptedImap(
        {
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\nTAG OK Done",
            "LOGIN": b"TAG NO [PRIVACYREQUIRED] Sign-in is disabled here",
            "AUTHENTICATE": b"TAG NO [PRIVACYREQUIRED] Sign-in is disabled here",
        },
    )
