"""Real answers of well-known servers, as table rows and, for many, over a real socket."""

import errno
import socket
import ssl

import pytest

from nimbus.providers.errors import one_line
from nimbus.providers.smtp_imap.answers import imap_verdict, smtp_verdict, verdict_on
from nimbus.rules.connection_failure import FailureCode as F
from nimbus.rules.connection_test import Leg, Step
from nimbus.security.outbound import NotAllowedError
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.providers.smtp_imap.posting import NOT_PIPELINING, PIPELINING
from tests.providers.smtp_imap.real_answers import IMAP_FOLDER, IMAP_SIGN_IN, MESSAGE, OTHER, SIGN_IN
from tests.servers.certificates import Authority
from tests.servers.scripted import ScriptedImap, ScriptedSmtp


@pytest.mark.parametrize(("answer", "code"), SIGN_IN)
def test_smtp_answer_to_signing_in(mailbox: Mailbox, answer: bytes, code: F) -> None:
    with ScriptedSmtp({"AUTH": answer}) as server:
        error = mailbox.fails("smtp", server.port)

    assert (error.code, error.step) == (code, Step.SIGN_IN)
    assert error.server_line.count(answer[:3].decode()) == 1
    assert len(error.server_line) <= 200


@pytest.mark.parametrize("features", [NOT_PIPELINING, PIPELINING])
@pytest.mark.parametrize(("command", "answer", "code"), MESSAGE)
def test_smtp_answer_to_the_message(
    mailbox: Mailbox, command: str, answer: bytes, code: F, features: bytes
) -> None:
    with ScriptedSmtp({"EHLO": features, command: answer}) as server:
        error = mailbox.fails("smtp", server.port)

    assert (error.code, error.step) == (code, Step.HAND_OVER)
    assert error.permanent == (answer.startswith(b"5") and code is not F.SENDING_LIMIT)


@pytest.mark.parametrize(("host", "answer", "code"), IMAP_SIGN_IN)
def test_imap_answer_to_signing_in(host: str, answer: bytes, code: F) -> None:
    assert imap_verdict(Step.SIGN_IN, answer.decode(), host).code == code


@pytest.mark.parametrize("answer", [(answer, code) for host, answer, code in IMAP_SIGN_IN if host == OTHER])
def test_imap_answer_to_signing_in_over_a_socket(mailbox: Mailbox, answer: tuple[bytes, F]) -> None:
    said, code = answer
    prefix = b"* " if said.startswith(b"BYE") else b"TAG "
    with ScriptedImap({"AUTHENTICATE": prefix + said}) as server:
        error = mailbox.fails("imap", server.port)

    assert (error.code, error.step) == (code, Step.SIGN_IN)
    assert said.decode().rpartition("] ")[2][:20] in error.server_line


@pytest.mark.parametrize(("answer", "code"), IMAP_FOLDER)
def test_imap_answer_to_opening_the_folder(mailbox: Mailbox, answer: bytes, code: F) -> None:
    with ScriptedImap({"EXAMINE": b"TAG " + answer}) as server:
        error = mailbox.fails("imap", server.port)

    assert (error.code, error.step) == (code, Step.OPEN_FOLDER)


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen", F.TURNED_AWAY),
        (b"421 4.7.0 mail.example.com Error: too many connections from 192.0.2.10", F.TOO_MANY_LOGINS),
        (b"421 4.3.2 Service not available", F.TURNED_AWAY),
    ],
)
@pytest.mark.parametrize("security", ["none", "ssl"])
def test_smtp_server_that_turns_us_away_at_the_door(
    mailbox: Mailbox, authority: Authority, security: str, greeting: bytes, code: F
) -> None:
    certificate = authority.issue() if security == "ssl" else None
    with ScriptedSmtp({"GREETING": greeting}, implicit_tls=certificate) as server:
        error = mailbox.fails("smtp", server.port, security)

    assert error.code == code
    assert error.server_line.startswith(greeting[:3].decode())


def test_reply_on_several_lines_reads_as_one() -> None:
    line = one_line(
        b"535-5.7.8 Username and Password not\r\n535-5.7.8 accepted. See\r\n535 5.7.8 https://x\r\n"
    )

    assert line == "535 5.7.8 Username and Password not accepted. See https://x"
    assert smtp_verdict(Step.SIGN_IN, line).code == F.AUTH_FAILED


def _handshake(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "step", "code", "kind"),
    [
        (TimeoutError("timed out"), Step.CONNECT, F.TIMEOUT, None),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Step.CONNECT, F.REFUSED, None),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Step.CONNECT, F.UNREACHABLE, None),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Step.CONNECT, F.UNREACHABLE, None),
        (ConnectionResetError(errno.ECONNRESET, "x"), Step.SIGN_IN, F.CLOSED, None),
        (BrokenPipeError(errno.EPIPE, "x"), Step.HAND_OVER, F.CLOSED, None),
        (NotAllowedError(), Step.FIND_SERVER, F.NOT_ALLOWED, None),
        (_handshake("WRONG_VERSION_NUMBER"), Step.ENCRYPT, F.TLS_HANDSHAKE, "plain"),
        (_handshake("RECORD_LAYER_FAILURE"), Step.ENCRYPT, F.TLS_HANDSHAKE, "plain"),
        (_handshake("UNSUPPORTED_PROTOCOL"), Step.ENCRYPT, F.TLS_HANDSHAKE, "version"),
        (_handshake("TLSV1_ALERT_PROTOCOL_VERSION"), Step.ENCRYPT, F.TLS_HANDSHAKE, "version"),
        (_handshake("SSLV3_ALERT_HANDSHAKE_FAILURE"), Step.ENCRYPT, F.TLS_HANDSHAKE, "version"),
        (_handshake("DH_KEY_TOO_SMALL"), Step.ENCRYPT, F.TLS_HANDSHAKE, "version"),
        (ssl.SSLEOFError(8, "EOF occurred"), Step.ENCRYPT, F.TLS_HANDSHAKE, "broken_off"),
        (ConnectionResetError(errno.ECONNRESET, "x"), Step.ENCRYPT, F.TLS_HANDSHAKE, "broken_off"),
        (ssl.SSLEOFError(8, "EOF occurred"), Step.SIGN_IN, F.CLOSED, None),
    ],
)
@pytest.mark.parametrize("leg", list(Leg))
def test_what_python_raises(leg: Leg, error: Exception, step: Step, code: F, kind: str | None) -> None:
    verdict = verdict_on(error, leg, step, host=OTHER, heard=b"")

    assert verdict is not None
    assert (verdict.code, verdict.detail.get("kind")) == (code, kind)


def test_our_own_mistake_is_not_blamed_on_the_server() -> None:
    assert verdict_on(ZeroDivisionError(), Leg.SMTP, Step.SIGN_IN, host=OTHER, heard=b"250 ok\r\n") is None


def test_refusal_counts_even_when_the_connection_broke_behind_it() -> None:
    for error in (ConnectionResetError(), socket.gaierror()):
        verdict = verdict_on(error, Leg.SMTP, Step.SIGN_IN, host=OTHER, heard=b"535 5.7.8 No\r\n")
        assert verdict is not None
        assert verdict.code == F.AUTH_FAILED
