"""Which names a server's certificate is for, asked on a connection of its own after the name did not match."""

from io import BufferedIOBase
from typing import cast

from nimbus.providers.smtp_imap.replies import ServerClosedError
from nimbus.rules.connection_test import Leg, Security
from nimbus.security.outbound import Deadline, GuardedSocket, Server, connect, encrypted
from nimbus.security.tls import tls_context


def certificate_names(
    server: Server, leg: Leg, security: Security, *, ca_file: str | None, deadline: Deadline
) -> list[str]:
    """The DNS names on the certificate, which must be good in all but its name; empty when that fails."""
    try:
        plain = connect(server, deadline)
        with plain:
            if security is Security.STARTTLS:
                _ask_for_tls(plain, leg)
            with encrypted(plain, tls_context(any_name=True, ca_file=ca_file), server.name) as secured:
                certificate = secured.getpeercert() or {}
    except OSError:
        return []
    entries = cast("tuple[tuple[str, str], ...]", certificate.get("subjectAltName", ()))
    return [name for kind, name in entries if kind == "DNS"]


def _ask_for_tls(plain: GuardedSocket, leg: Leg) -> None:
    with plain.makefile("rb") as reader:
        if leg is Leg.IMAP:
            _line(reader)
            plain.sendall(b"a STARTTLS\r\n")
            while not _line(reader).startswith(b"a "):
                pass
            return
        for command in (b"EHLO localhost\r\n", b"STARTTLS\r\n", b""):
            while _line(reader)[3:4] == b"-":
                pass
            plain.sendall(command)


def _line(reader: BufferedIOBase) -> bytes:
    line = reader.readline(8192)
    if not line:
        raise ServerClosedError
    return line
