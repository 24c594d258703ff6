"""Each broken server is broken in exactly the way it promises."""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import socket
import ssl
import time
from functools import cache

import pytest

from tests.servers import faults
from tests.servers.certificates import Authority, self_signed
from tests.servers.faults import ScriptedImap, ScriptedSmtp

KINDS = ["smtp", "imap"]
FIRST_COMMAND = {"smtp": b"EHLO me\r\n", "imap": b"a CAPABILITY\r\n"}
DIALOGUES = {
    "smtp": {
        "GREETING": b"",
        "EHLO": b"EHLO me\r\n",
        "AUTH": b"AUTH PLAIN AGEAYg==\r\n",
        "MAIL": b"MAIL FROM:<a@a.test>\r\n",
        "RCPT": b"RCPT TO:<b@a.test>\r\n",
        "DATA": b"DATA\r\n",
        "MESSAGE": b"Subject: x\r\n\r\nx\r\n.\r\n",
    },
    "imap": {
        "GREETING": b"",
        "CAPABILITY": b"a CAPABILITY\r\n",
        "LOGIN": b"b LOGIN me secret\r\n",
        "SELECT": b"c EXAMINE INBOX\r\n",
        "SEARCH": b"d UID SEARCH ALL\r\n",
    },
}
SMALL_READ = 1_000_000


@cache
def authority():
    return Authority()


def connect(server, timeout=0.2):
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout)


def encrypt(kind, server, *, starttls, context):
    """Handshake with the client of the standard library; returns the TLS version."""
    port = server.port
    if kind == "smtp" and starttls:
        with smtplib.SMTP("localhost", port, timeout=5) as client:
            client.starttls(context=context)
            return client.sock.version()
    if kind == "smtp":
        with smtplib.SMTP_SSL("localhost", port, timeout=5, context=context) as client:
            return client.sock.version()
    if not starttls:
        with imaplib.IMAP4_SSL("localhost", port, timeout=5, ssl_context=context) as client:
            return client.sock.version()
    client = imaplib.IMAP4("localhost", port, timeout=5)
    try:
        client.starttls(context)
        return client.sock.version()
    finally:
        # imaplib forgets its socket when the handshake fails, and then trips over that.
        with contextlib.suppress(OSError):
            client.shutdown()


def test_a_refused_port_refuses():
    with faults.refused() as server, pytest.raises(ConnectionRefusedError):
        connect(server)


def test_connecting_to_a_black_hole_hangs():
    with faults.black_hole() as server, pytest.raises(TimeoutError):
        connect(server)


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_server_accepts_and_never_greets(kind):
    with faults.silent(kind) as server, connect(server) as client, pytest.raises(TimeoutError):
        client.recv(1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_dripping_greeting_comes_byte_by_byte_and_never_ends(kind):
    began = time.monotonic()
    with faults.dripping(kind, seconds=0.01) as server, connect(server, timeout=5) as client:
        pieces = [client.recv(100) for _ in range(12)]
        took = time.monotonic() - began

    assert all(pieces)
    assert len(b"".join(pieces)) <= 1 + took / 0.01
    assert b"\n" not in b"".join(pieces)


@pytest.mark.parametrize("kind", KINDS)
def test_an_endless_line_has_no_end(kind):
    with faults.endless_line(kind) as server, connect(server) as client, client.makefile("rb") as stream:
        assert b"\n" not in stream.read(SMALL_READ)


@pytest.mark.parametrize("kind", KINDS)
def test_an_endless_reply_has_no_last_line(kind):
    with faults.endless_reply(kind) as server, connect(server) as client, client.makefile("rb") as stream:
        stream.readline()
        client.sendall(FIRST_COMMAND[kind])
        lines = stream.read(SMALL_READ).split(b"\r\n")[:-1]

    assert all(line.startswith((b"250-", b"* ")) for line in lines)


def test_a_huge_literal_is_announced_and_begun():
    with faults.huge_literal("LIST") as server, connect(server) as client, client.makefile("rb") as stream:
        stream.readline()
        client.sendall(b'a LIST "" "*"\r\n')

        assert stream.readline().endswith(b"{99999999999}\r\n")
        assert len(stream.read(SMALL_READ)) == SMALL_READ


@pytest.mark.parametrize("kind", KINDS)
def test_a_resetting_server_resets(kind):
    # A fast reset is already noticed by connect, a slower one by the first read.
    with faults.resetting(kind) as server, pytest.raises(ConnectionResetError), connect(server) as client:
        client.recv(1)


@pytest.mark.parametrize(
    ("kind", "command"),
    [("smtp", command) for command in faults.SMTP_COMMANDS]
    + [("imap", command) for command in faults.IMAP_COMMANDS],
)
def test_a_server_closes_at_the_chosen_command_and_not_before(kind, command):
    answered = []
    with faults.closing_at(kind, command) as server, connect(server, timeout=5) as client:
        for name, words in DIALOGUES[kind].items():
            client.sendall(words)
            if not client.recv(4096):
                break
            answered.append(name)

    names = list(DIALOGUES[kind])
    assert answered == names[: names.index(command)]


@pytest.mark.parametrize("starttls", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_old_server_speaks_tls_1_0_only(kind, starttls):
    old = authority().client_context()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1

    with faults.old_tls(kind, authority().issue(), starttls=starttls) as server:
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version|unsupported.protocol"):
            encrypt(kind, server, starttls=starttls, context=authority().client_context())
        assert encrypt(kind, server, starttls=starttls, context=old) == "TLSv1"


@pytest.mark.parametrize("starttls", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        (lambda: authority().expired(), 10),
        (self_signed, 18),
        (lambda: Authority().issue(), 20),
        (lambda: authority().wrong_name(), 62),
    ],
    ids=["expired", "self-signed", "unknown authority", "wrong name"],
)
def test_a_bad_certificate_is_refused_for_its_own_reason(certificate, code, kind, starttls):
    with (
        faults.with_certificate(kind, certificate(), starttls=starttls) as server,
        pytest.raises(ssl.SSLCertVerificationError) as refusal,
    ):
        encrypt(kind, server, starttls=starttls, context=authority().client_context())

    # OpenSSL calls an issuer it has no certificate of 20, and one whose name it knows with another key 7.
    assert refusal.value.verify_code in ({7, 20} if code == 20 else {code})


@pytest.mark.parametrize("starttls", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_good_certificate_is_taken(kind, starttls):
    with faults.with_certificate(kind, authority().issue(), starttls=starttls) as server:
        assert encrypt(kind, server, starttls=starttls, context=authority().client_context()) == "TLSv1.3"


@pytest.mark.parametrize(
    ("kind", "error"), [("smtp", smtplib.SMTPNotSupportedError), ("imap", imaplib.IMAP4.error)]
)
def test_starttls_is_not_offered_where_it_should_not_be(kind, error):
    with faults.without_starttls(kind) as server, pytest.raises(error):
        encrypt(kind, server, starttls=True, context=authority().client_context())


@pytest.mark.parametrize(("kind", "command"), [("smtp", b"STARTTLS\r\n"), ("imap", b"a STARTTLS\r\n")])
def test_injected_words_come_in_clear_and_the_handshake_still_works(kind, command):
    with faults.injecting(kind, authority().issue()) as server, connect(server, timeout=5) as client:
        client.recv(4096)
        client.sendall(command)
        answer = client.recv(4096)
        with authority().client_context().wrap_socket(client, server_hostname="localhost") as secure:
            assert secure.version() == "TLSv1.3"

    assert answer.count(b"\r\n") > 1
    assert b"injected" in answer


def test_a_preauthenticated_greeting_is_taken_as_signed_in():
    with faults.preauthenticated() as server, imaplib.IMAP4("127.0.0.1", server.port) as client:
        assert client.state == "AUTH"


def test_login_disabled_is_announced_and_meant():
    with faults.login_disabled() as server, imaplib.IMAP4("127.0.0.1", server.port) as client:
        assert "LOGINDISABLED" in client.capabilities
        with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
            client.login("me", "secret")


def test_a_scripted_smtp_answer_arrives_as_written_and_the_client_is_recorded():
    refusal = b"534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://x.test"
    with ScriptedSmtp({"AUTH": refusal}) as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as error:
            client.login("me", "secret", initial_response_ok=False)
        client.sendmail("a@a.test", ["b@a.test"], b"Subject: kept\r\n\r\nbody")

    assert (error.value.smtp_code, error.value.smtp_error.count(b"5.7.9")) == (534, 2)
    assert b"AUTH PLAIN\r\n" in server.received
    assert b"AG1lAHNlY3JldA==\r\n" in server.received
    assert b"Subject: kept\r\n\r\nbody\r\n" in server.received


def test_a_scripted_imap_answer_arrives_as_written_and_literals_are_recorded():
    refusal = b"* BYE soon\nTAG NO [ALERT] Too many simultaneous connections. (Failure)"
    with ScriptedImap({"LOGIN": refusal}) as server, connect(server, timeout=5) as client:
        client.recv(4096)
        client.sendall(b"x1 LOGIN me {6}\r\n")
        assert client.recv(4096) == b"+ Ready\r\n"
        client.sendall(b"secret\r\n")
        answer = client.recv(4096)

    assert answer == b"* BYE soon\r\nx1 NO [ALERT] Too many simultaneous connections. (Failure)\r\n"
    assert b"secret" in server.received


def test_an_action_can_stand_at_any_command():
    last_words = faults.say_and_hang_up(b"421 4.7.0 Too busy")
    with (
        ScriptedSmtp({"RCPT": last_words}) as server,
        smtplib.SMTP("127.0.0.1", server.port) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused) as refusal,
    ):
        client.sendmail("a@a.test", ["b@a.test"], b"x")

    assert refusal.value.recipients == {"b@a.test": (421, b"4.7.0 Too busy")}


@pytest.mark.parametrize("tls", [False, True])
def test_a_server_stops_at_once_though_its_client_never_speaks(tls):
    certificate = authority().issue() if tls else None
    with ScriptedSmtp({"GREETING": faults.hang}, implicit_tls=certificate) as server:
        client = connect(server)
        began = time.monotonic()
    client.close()

    assert time.monotonic() - began < 3
