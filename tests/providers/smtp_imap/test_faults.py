"""Each way in which a server or the network can fail has its own name, comes in time, and gives no secret away."""

import select
import socket
import struct
import time
import tracemalloc

import pytest

from nimbus.providers.contract import UnsafeTextError
from nimbus.rules.connection_failure import FailureCode as F
from nimbus.rules.connection_test import Step
from nimbus.security.outbound import GuardedSocket, OutboundPolicy
from tests.providers.smtp_imap.mailbox import Mailbox, new_probe
from tests.servers import faults
from tests.servers.certificates import Authority
from tests.servers.dns import NameServer
from tests.servers.faults import ScriptedImap, ScriptedSmtp

KINDS = pytest.mark.parametrize("kind", ["smtp", "imap"])


@KINDS
def test_refused_port(mailbox: Mailbox, kind: faults.Kind) -> None:
    with faults.refused() as server:
        error = mailbox.fails(kind, server.port)

    assert (error.code, error.step) == (F.REFUSED, Step.CONNECT)


@KINDS
def test_black_hole_times_out_within_its_step(mailbox: Mailbox, kind: faults.Kind) -> None:
    mailbox.step_seconds = 0.5
    with faults.black_hole() as server:
        began = time.monotonic()
        error = mailbox.fails(kind, server.port)

    assert (error.code, error.step, error.permanent) == (F.TIMEOUT, Step.CONNECT, False)
    assert time.monotonic() - began < 1.5


@KINDS
@pytest.mark.parametrize("security", ["none", "starttls", "ssl"])
def test_server_that_never_speaks_times_out_within_its_step(
    mailbox: Mailbox, kind: faults.Kind, security: str
) -> None:
    mailbox.step_seconds = 0.5
    with faults.silent(kind) as server:
        began = time.monotonic()
        error = mailbox.fails(kind, server.port, security)

    assert error.code == F.TIMEOUT
    assert error.step == (Step.ENCRYPT if security == "ssl" else Step.CONNECT)
    assert time.monotonic() - began < 1.5


@KINDS
@pytest.mark.parametrize("encrypted", [False, True])
def test_greeting_that_drips_does_not_stretch_the_step(
    mailbox: Mailbox, authority: Authority, kind: faults.Kind, *, encrypted: bool
) -> None:
    mailbox.step_seconds = 0.6
    server = faults.dripping(kind, seconds=0.05)
    if encrypted:
        server = faults.scripted(kind, server.replies, implicit_tls=authority.issue())
    with server:
        began = time.monotonic()
        error = mailbox.fails(kind, server.port, "ssl" if encrypted else "none")

    assert error.code == F.TIMEOUT
    assert time.monotonic() - began < 1.8


@KINDS
@pytest.mark.parametrize("flood", [faults.endless_line, faults.endless_reply])
def test_flood_is_cut_off_in_time(mailbox: Mailbox, kind: faults.Kind, flood) -> None:
    mailbox.step_seconds = 15
    with flood(kind) as server:
        began = time.monotonic()
        error = mailbox.fails(kind, server.port)

    assert error.code == F.PROTOCOL
    assert time.monotonic() - began < 10
    assert len(mailbox.dialogue.text().encode()) <= 48 * 1024


@KINDS
def test_endless_line_is_cut_off_in_memory(mailbox: Mailbox, kind: faults.Kind) -> None:
    tracemalloc.start()
    with faults.endless_line(kind) as server:
        mailbox.fails(kind, server.port)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 * 1024 * 1024


def test_announced_giant_literal_is_refused_before_memory_is_set_aside(mailbox: Mailbox) -> None:
    tracemalloc.start()
    with faults.huge_literal("EXAMINE") as server:
        error = mailbox.fails("imap", server.port)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (error.code, error.step) == (F.PROTOCOL, Step.OPEN_FOLDER)
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("kind", "command"),
    [*(("smtp", c) for c in faults.SMTP_COMMANDS), *(("imap", c) for c in faults.IMAP_COMMANDS)],
)
def test_server_that_closes_mid_dialogue(mailbox: Mailbox, kind: faults.Kind, command: str) -> None:
    with faults.closing_at(kind, command) as server:
        error = mailbox.fails(kind, server.port)

    assert (error.code, error.permanent) == (F.CLOSED, False)


@KINDS
def test_reset_instead_of_a_greeting(mailbox: Mailbox, kind: faults.Kind) -> None:
    with faults.resetting(kind) as server:
        assert mailbox.fails(kind, server.port).code == F.CLOSED


@KINDS
@pytest.mark.parametrize(("security", "code"), [("none", F.CLOSED), ("ssl", F.TLS_HANDSHAKE)])
def test_reset_before_we_go_on_leaves_no_socket_open(
    mailbox: Mailbox, kind: faults.Kind, security: str, code: F, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[GuardedSocket] = []

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def connect_to_one_that_resets(client: GuardedSocket, address: tuple[str, int]) -> None:
            socket.socket.connect(client, address)
            accepted, _ = listener.accept()
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()
            poll = select.poll()
            poll.register(client, select.POLLHUP)
            assert poll.poll(5000)
            opened.append(client)

        monkeypatch.setattr(GuardedSocket, "connect", connect_to_one_that_resets, raising=False)
        error = mailbox.fails(kind, listener.getsockname()[1], security)

    assert error.code is code
    assert [client.fileno() for client in opened] == [-1]


@pytest.mark.parametrize(
    ("features", "code"),
    [
        (b"250 SIZE", F.AUTH_NOT_OFFERED),
        (b"250 AUTH XOAUTH2 OAUTHBEARER", F.USE_OAUTH),
        (b"250 AUTH GSSAPI NTLM", F.AUTH_NOT_OFFERED),
    ],
)
def test_sign_in_that_is_not_offered(mailbox: Mailbox, features: bytes, code: F) -> None:
    with ScriptedSmtp({"EHLO": b"250-scripted.test\n" + features}) as server:
        assert mailbox.fails("smtp", server.port).code == code


@pytest.mark.parametrize("mechanism", [b"PLAIN", b"LOGIN", b"CRAM-MD5"])
def test_each_mechanism_signs_in_with_utf_8(mailbox: Mailbox, mechanism: bytes) -> None:
    with ScriptedSmtp({"EHLO": b"250-scripted.test\n250 AUTH " + mechanism}) as server:
        mailbox.smtp(server.port)

    assert any(line.startswith(b"AUTH " + mechanism) for line in server.received)
    assert "AUTH " + mechanism.decode() + " ••••" in mailbox.dialogue.text()


def test_already_authenticated_is_no_proof_of_a_password(mailbox: Mailbox) -> None:
    with ScriptedSmtp({"AUTH": b"503 5.5.1 Error: authentication not enabled"}) as server:
        assert mailbox.fails("smtp", server.port).code == F.AUTH_NOT_OFFERED


@KINDS
def test_nonsense_is_no_mail_server(mailbox: Mailbox, kind: faults.Kind) -> None:
    with faults.scripted(kind, {"GREETING": b"HTTP/1.1 400 Bad Request"}) as server:
        error = mailbox.fails(kind, server.port)

    assert (error.code, error.server_line) == (F.PROTOCOL, "HTTP/1.1 400 Bad Request")


@pytest.mark.parametrize(
    "replies",
    [
        {"SEARCH": b"* SEARCH one two\nTAG OK Done"},
        {"LIST": b"* LIST (((\nTAG OK Done"},
        {"EXAMINE": b"* x EXISTS\n* OK [UIDVALIDITY none] odd\nTAG OK Done"},
        {"LIST": b'* LIST () "/" "&ungl-\xff"\nTAG OK Done'},
        {"SEARCH": b"TAG BAD Could not parse command"},
        {"CAPABILITY": b"TAG OK nothing to say"},
    ],
)
def test_imap_answers_that_cannot_be_read_are_the_servers_fault(mailbox: Mailbox, replies: dict) -> None:
    with ScriptedImap(replies) as server:
        assert mailbox.fails("imap", server.port).code == F.PROTOCOL


@pytest.mark.parametrize("end", ["\r\nRCPT TO:<x@y>", "\n", "\r", "\0"])
def test_line_breaks_are_refused_wherever_text_goes(mailbox: Mailbox, end: str) -> None:
    with ScriptedSmtp() as smtp, ScriptedImap() as imap:
        for attribute in ("username", "password", "host"):
            broken = Mailbox(mailbox.ca_file, **{attribute: f"x{end}"})
            with pytest.raises(UnsafeTextError):
                broken.smtp(smtp.port)
        with pytest.raises(UnsafeTextError):
            mailbox.smtp(smtp.port, probe=new_probe(f"ann@alpha.test{end}"))
        with pytest.raises(UnsafeTextError):
            mailbox.imap(imap.port, folder=f"INBOX{end}")

    assert smtp.received == []
    assert not any(b"EXAMINE" in line for line in imap.received)


@pytest.mark.parametrize(
    ("offered", "command"),
    [
        (b"AUTH=PLAIN SASL-IR", b"AUTHENTICATE PLAIN "),
        (b"AUTH=PLAIN", b"AUTHENTICATE PLAIN\r\n"),
        (b"ID", b'LOGIN "ann@alpha.test" {20}'),
    ],
)
def test_imap_signs_in_with_utf_8_by_what_is_offered(
    mailbox: Mailbox, offered: bytes, command: bytes
) -> None:
    with ScriptedImap({"CAPABILITY": b"* CAPABILITY IMAP4rev1 " + offered + b"\nTAG OK Done"}) as server:
        mailbox.imap(server.port)

    sent = b"\r\n".join(line.rstrip(b"\r\n") for line in server.received) + b"\r\n"
    assert command in sent
    assert mailbox.password not in mailbox.dialogue.text()


@KINDS
def test_unknown_host_is_not_found_and_a_slip_in_it_is_named(
    mailbox: Mailbox, dns: NameServer, kind: faults.Kind
) -> None:
    dns.add("smtp.slip.test. 60 IN A 127.0.0.1")
    mailbox.policy = OutboundPolicy.parse("127.0.0.0/8", f"127.0.0.1:{dns.port}")

    mailbox.host = "smpt.slip.test"
    slip = mailbox.fails(kind, 2525)
    mailbox.host = "smpt.nowhere.test"
    unknown = mailbox.fails(kind, 2525)

    assert (slip.code, slip.step, slip.detail) == (F.DNS, Step.FIND_SERVER, {"suggestion": "smtp.slip.test"})
    assert (unknown.code, unknown.detail, unknown.permanent) == (F.DNS, {}, True)


def test_name_servers_that_fail_are_a_passing_trouble(mailbox: Mailbox, dns: NameServer) -> None:
    dns.fail("troubled.test", "servfail")
    mailbox.policy = OutboundPolicy.parse("127.0.0.0/8", f"127.0.0.1:{dns.port}")
    mailbox.host = "mail.troubled.test"

    error = mailbox.fails("smtp", 2525)
    dns.heal()

    assert (error.code, error.permanent) == (F.DNS_TEMPORARY, False)


@KINDS
def test_private_address_is_not_allowed_and_nothing_reaches_it(mailbox: Mailbox, kind: faults.Kind) -> None:
    mailbox.policy = OutboundPolicy()
    with faults.scripted(kind) as server:
        error = mailbox.fails(kind, server.port)

    assert (error.code, error.step, error.server_line) == (F.NOT_ALLOWED, Step.FIND_SERVER, "")
    assert server.received == []
