"""Messages leave over one connection, exactly as they were made, and not before the last word is given."""

import sqlite3
import time
from datetime import UTC, datetime

import pytest

from nimbus.providers.errors import SendRefused, StoppedBeforeBody
from nimbus.providers.message import Letter, compose, new_message_id
from nimbus.providers.smtp_imap.delivery import Patience
from nimbus.rules.send_answer_kinds import Category, Stage
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.providers.smtp_imap.posting import (
    NOT_PIPELINING,
    PIPELINING,
    InTurn,
    commands,
    opened,
    post,
)
from tests.servers import faults
from tests.servers.faults import ScriptedSmtp
from tests.servers.mail import MailStack
from tests.servers.processes import wait_until
from tests.servers.scripted import Connection


@pytest.fixture
def real(mail_stack: MailStack) -> Mailbox:
    return Mailbox(str(mail_stack.ca_file), password="correct horse")


def letter(text: str, message_id: str) -> bytes:
    values = {"sender_name": "Änn, of Alpha", "subject": "Grüße – " * 12, "mark": "7"}
    addresses = {"sender": "ann@alpha.test", "recipient": "bob@beta.test"}
    return compose(
        Letter(text=text, message_id=message_id, dated_at=datetime.now(UTC), **values, **addresses)
    )


@pytest.mark.servers
@pytest.mark.parametrize("security", ["ssl", "starttls", "none"])
def test_messages_arrive_over_one_connection_as_they_were_made(
    real: Mailbox, mail_stack: MailStack, security: str
) -> None:
    port = getattr(mail_stack, f"smtp_{'plain' if security == 'none' else security}")
    texts = {new_message_id("ann@alpha.test"): f".dot\n{'ü' * n}\n..\nFrom here\n" for n in (1, 999, 5000)}
    before = len(mail_stack.messages("bob@beta.test"))

    with opened(real, port, security) as sender:
        lines = [post(sender, letter(text, message_id)) for message_id, text in texts.items()]

    arrived = mail_stack.await_messages("bob@beta.test", count=before + 3)
    found = {m["Message-ID"]: m for m in arrived if m["Message-ID"] in texts}
    assert {name: m.get_content().replace("\r\n", "\n") for name, m in found.items()} == texts
    assert {m["Subject"] for m in found.values()} == {("Grüße – " * 12).strip()}
    assert all(line.startswith("250 2.0.0 Ok: queued as") for line in lines)


@pytest.mark.servers
def test_refused_recipient_does_not_end_the_connection(real: Mailbox, mail_stack: MailStack) -> None:
    with opened(real, mail_stack.smtp_ssl, "ssl") as sender:
        for recipient, answer in (
            (
                "never@alpha.test",
                "550 5.1.1 <never@alpha.test>: Recipient address rejected: No such user here",
            ),
            (
                "later@alpha.test",
                "451 4.7.1 <later@alpha.test>: Recipient address rejected: Greylisted, please try again later",
            ),
        ):
            with pytest.raises(SendRefused) as refused:
                post(sender, recipient=recipient)
            assert (refused.value.stage, refused.value.answer) == (Stage.RCPT, answer)
            assert sender.is_ready()
        assert post(sender).startswith("250 ")


@pytest.mark.parametrize("features", [NOT_PIPELINING, PIPELINING])
def test_one_sign_in_serves_many_messages(mailbox: Mailbox, features: bytes) -> None:
    with ScriptedSmtp({"EHLO": features}) as server, opened(mailbox, server.port) as sender:
        for _ in range(3):
            assert sender.is_ready()
            assert post(sender) == "250 2.0.0 Ok: queued as 1"

    assert commands(server)[:2] == ["EHLO", "AUTH"]
    assert commands(server)[2:11] == ["MAIL", "RCPT", "DATA"] * 3


def test_transaction_that_was_refused_is_wiped_before_the_next(mailbox: Mailbox) -> None:
    script = InTurn(EHLO=PIPELINING, RCPT=[b"550 5.1.1 Unknown"], DATA=[b"554 5.5.1 No valid recipients"])
    with ScriptedSmtp(script) as server, opened(mailbox, server.port) as sender:
        with pytest.raises(SendRefused):
            post(sender)
        post(sender)

    assert commands(server)[2:9] == ["MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA"]


def test_message_that_is_taken_back_never_leaves(mailbox: Mailbox) -> None:
    with ScriptedSmtp({"EHLO": PIPELINING}) as server, opened(mailbox, server.port) as sender:
        with pytest.raises(StoppedBeforeBody):
            post(sender, before_body=lambda: False)
        assert not sender.is_ready()

    assert commands(server)[2:] == ["MAIL", "RCPT", "DATA"]
    assert b"words" not in b"".join(server.received)


def test_database_that_fails_at_the_last_moment_keeps_the_message_here(mailbox: Mailbox) -> None:
    def failing() -> bool:
        raise sqlite3.OperationalError("disk is full")

    with ScriptedSmtp() as server, opened(mailbox, server.port) as sender:
        with pytest.raises(sqlite3.OperationalError):
            post(sender, before_body=failing)
        assert not sender.is_ready()

    assert b"words" not in b"".join(server.received)


def test_line_ends_are_whole_and_dots_doubled(mailbox: Mailbox) -> None:
    with ScriptedSmtp() as server, opened(mailbox, server.port) as sender:
        post(sender, b".a\n.b\r.c\r\n\r\n.\r\n..\n\r\nMAIL FROM:<x@y>\r\nend")

    sent = b"..a\r\n..b\r\n..c\r\n\r\n..\r\n...\r\n\r\nMAIL FROM:<x@y>\r\nend\r\n"
    assert sent in server.received


def test_slow_verdict_is_waited_for(mailbox: Mailbox) -> None:
    def take_time(connection: Connection) -> None:
        connection.stopping.wait(0.5)
        connection.send(b"250 2.0.0 Ok at last\r\n")

    with (
        ScriptedSmtp({"MESSAGE": take_time}) as server,
        opened(mailbox, server.port, patience=Patience(answer=0.2, verdict=10)) as sender,
    ):
        assert post(sender) == "250 2.0.0 Ok at last"


def test_patience_is_what_the_standard_asks_for() -> None:
    assert (Patience().answer, Patience().verdict) == (60, 600)


def test_connection_that_the_server_has_closed_is_noticed(mailbox: Mailbox) -> None:
    script = {"MESSAGE": faults.say_and_hang_up(b"250 2.0.0 Ok, and goodbye")}
    with ScriptedSmtp(script) as server, opened(mailbox, server.port) as sender:
        post(sender)

        wait_until(lambda: not sender.is_ready(), within=5, what="the end of the connection")


def test_after_a_pause_the_server_is_asked_whether_it_is_there(mailbox: Mailbox) -> None:
    script = InTurn(NOOP=[b"250 Here", b"421 4.4.2 You were silent for too long"])
    at_once = Patience(answer=15, verdict=15, idle=0)
    with ScriptedSmtp(script) as server, opened(mailbox, server.port, patience=at_once) as sender:
        assert [sender.is_ready(), sender.is_ready(), sender.is_ready()] == [True, False, False]

    assert commands(server)[2:] == ["NOOP", "NOOP"]


@pytest.mark.parametrize("features", [NOT_PIPELINING, PIPELINING])
def test_pause_between_two_messages_is_not_taken_for_a_slow_server(mailbox: Mailbox, features: bytes) -> None:
    patience = Patience(answer=1, verdict=1)
    with (
        ScriptedSmtp({"EHLO": features}) as server,
        opened(mailbox, server.port, patience=patience) as sender,
    ):
        for _ in range(2):
            end = time.monotonic() + 1.1
            wait_until(lambda end=end: time.monotonic() > end, within=5, what="the end of the pause")
            assert post(sender)


@pytest.mark.parametrize(
    ("features", "recipient", "message", "options"),
    [
        (b"250 AUTH PLAIN", "bob@beta.test", "ü", ""),
        (b"250-AUTH PLAIN\n250-SIZE 1000000\n250 8BITMIME", "bob@beta.test", "u", " SIZE=1"),
        (b"250-AUTH PLAIN\n250-SIZE\n250 8BITMIME", "bob@beta.test", "ü", " SIZE=2 BODY=8BITMIME"),
        (b"250-AUTH PLAIN\n250-8BITMIME\n250 SMTPUTF8", "böb@beta.test", "ü", " BODY=8BITMIME SMTPUTF8"),
        (b"250-AUTH PLAIN\n250-8BITMIME\n250 SMTPUTF8", "bob@bücher.test", "u", ""),
    ],
)
def test_envelope_asks_for_what_the_message_needs_and_the_server_offers(
    mailbox: Mailbox, features: bytes, recipient: str, message: str, options: str
) -> None:
    script = {"EHLO": b"250-scripted.test\n" + features}
    with ScriptedSmtp(script) as server, opened(mailbox, server.port) as sender:
        post(sender, message.encode(), recipient=recipient)

    assert f"MAIL FROM:<ann@alpha.test>{options}\r\n".encode() in server.received
    wanted = recipient.replace("bücher", "xn--bcher-kva")
    assert f"RCPT TO:<{wanted}>\r\n".encode() in server.received


@pytest.mark.parametrize(
    "recipient",
    [
        "böb@beta.test",
        "bob",
        "bob@beta.test>\r\nRCPT TO:<eve@beta.test",
        "b ob@beta.test",
        "bob@bü cher.test",
    ],
)
def test_address_that_cannot_be_told_to_the_server_is_refused_here(mailbox: Mailbox, recipient: str) -> None:
    with ScriptedSmtp() as server, opened(mailbox, server.port) as sender:
        with pytest.raises(SendRefused) as refused:
            post(sender, recipient=recipient)

        assert (refused.value.stage, refused.value.category) == (Stage.RCPT, Category.BAD_ADDRESS)
        assert commands(server) == ["EHLO", "AUTH"]
        assert post(sender)
