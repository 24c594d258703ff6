"""Each point of the dialogue at which a server or the network can fail: before the body certain, after it answered or unknown."""

import time
from typing import Any

import pytest

from nimbus.providers.errors import DeliveryUnknown, SendRefused
from nimbus.providers.smtp_imap.delivery import Patience
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.send_answer_kinds import Stage
from tests.providers.smtp_imap.mailbox import CANARY, Mailbox
from tests.providers.smtp_imap.posting import (
    LONG,
    NOT_PIPELINING,
    PIPELINING,
    SHORT,
    InTurn,
    holds_no_secret,
    opened,
    post,
)
from tests.servers import faults
from tests.servers.certificates import Authority
from tests.servers.faults import ScriptedSmtp
from tests.servers.scripted import Connection

BEFORE = {
    "GREETING": Stage.GREETING,
    "EHLO": Stage.HELLO,
    "AUTH": Stage.SIGN_IN,
    "MAIL": Stage.MAIL,
    "RCPT": Stage.RCPT,
    "DATA": Stage.DATA,
}
ONE_BY_ONE_OR_AHEAD = pytest.mark.parametrize("features", [NOT_PIPELINING, PIPELINING])
NO_ANSWER = pytest.mark.parametrize("fault", [faults.hang, faults.hang_up, faults.reset, b"banana"])


def patience_with(replies: dict[str, Any]) -> Patience:
    """A silent server is given up soon; any other may be as slow as a busy machine makes it."""
    return SHORT if faults.hang in replies.values() else LONG


def refused_by(mailbox: Mailbox, replies: dict[str, Any], security: str = "none", **tls: Any) -> SendRefused:
    """The refusal of one message; by then nobody may have been asked for its body."""
    asked: list[bool] = []
    with (
        ScriptedSmtp(replies, **tls) as server,
        pytest.raises(SendRefused) as caught,
        opened(mailbox, server.port, security, patience_with(replies)) as sender,
    ):
        post(sender, before_body=lambda: bool(asked.append(True)))
    assert not asked
    assert b"The words themselves.\r\n" not in b"".join(server.received)
    assert holds_no_secret(mailbox, caught.value)
    return caught.value


@ONE_BY_ONE_OR_AHEAD
@NO_ANSWER
@pytest.mark.parametrize("command", BEFORE)
def test_without_an_answer_the_message_has_certainly_not_left(
    mailbox: Mailbox, command: str, fault: Any, features: bytes
) -> None:
    refused = refused_by(mailbox, {"EHLO": features, command: fault})

    if fault is faults.reset:  # it takes back what had been said but not yet read
        assert list(Stage).index(refused.stage) <= list(Stage).index(BEFORE[command])
    else:
        assert refused.stage is BEFORE[command]
    assert refused.answer == ""
    assert (refused.failure is None) == (command in {"MAIL", "RCPT", "DATA"})


@ONE_BY_ONE_OR_AHEAD
@pytest.mark.parametrize("said", ["421 4.3.2 Going down", "451 4.7.1 Try later", "554 5.7.1 Not from you"])
@pytest.mark.parametrize("command", BEFORE)
def test_refusal_is_handed_on_with_its_stage(
    mailbox: Mailbox, command: str, said: str, features: bytes
) -> None:
    refused = refused_by(mailbox, {"EHLO": features, command: said.encode()})

    assert (refused.stage, refused.answer, refused.line) == (BEFORE[command], said, said)
    assert not refused.stale


def test_refused_connection(mailbox: Mailbox) -> None:
    with faults.refused() as server, pytest.raises(SendRefused) as caught, opened(mailbox, server.port):
        pass

    assert (caught.value.stage, caught.value.answer) == (Stage.CONNECT, "")
    assert caught.value.failure.code is FailureCode.REFUSED


def test_encryption_that_is_refused_or_broken(mailbox: Mailbox, authority: Authority) -> None:
    said = "454 4.7.0 TLS not available"
    refused = refused_by(mailbox, {"STARTTLS": said.encode()}, "starttls", starttls=authority.issue())
    broken = refused_by(mailbox, {}, "starttls", starttls=Authority().issue())

    assert (refused.stage, refused.answer) == (Stage.ENCRYPT, said)
    assert (broken.stage, broken.answer) == (Stage.ENCRYPT, "")
    assert broken.failure.code is FailureCode.TLS_CERT


def test_password_that_a_server_repeats_is_struck_out(mailbox: Mailbox) -> None:
    refused = refused_by(mailbox, {"AUTH": f"535 5.7.8 {CANARY} is wrong".encode()})

    assert refused.answer == refused.line == "535 5.7.8 •••• is wrong"


def test_answer_of_many_lines_is_whole_for_the_verdict_and_short_for_the_page(mailbox: Mailbox) -> None:
    lines = [f"550-5.7.26 {'because ' * 20}", f"550-5.7.26 {'and ' * 30}", "550 5.7.26 unauthenticated"]
    refused = refused_by(mailbox, {"RCPT": "\n".join(lines).encode()})

    assert refused.answer.startswith("550 5.7.26 because")
    assert refused.answer.endswith("unauthenticated")
    assert len(refused.line) == 200


def after_body(
    mailbox: Mailbox, replies: dict[str, Any], message: bytes = b"a\r\n"
) -> tuple[SendRefused | DeliveryUnknown, bool]:
    """What handing a message over raised, and whether the connection takes another one."""
    patience = patience_with(replies)
    with ScriptedSmtp(replies) as server, opened(mailbox, server.port, patience=patience) as sender:
        with pytest.raises((SendRefused, DeliveryUnknown)) as caught:
            post(sender, message)
        return caught.value, sender.is_ready()


@pytest.mark.parametrize("fault", [faults.hang, faults.hang_up, faults.reset, b"banana", b"354 Once more"])
def test_without_an_answer_to_the_body_nobody_knows(mailbox: Mailbox, fault: Any) -> None:
    unknown, ready = after_body(mailbox, {"MESSAGE": fault})

    assert isinstance(unknown, DeliveryUnknown)
    assert not ready
    assert unknown.sentence.endswith(".")
    assert unknown.line == (fault.decode() if isinstance(fault, bytes) else "")


def test_verdict_that_drips_does_not_hold_the_sender(mailbox: Mailbox) -> None:
    script = {"MESSAGE": faults.drip(b"250 ", seconds=0.05)}
    with ScriptedSmtp(script) as server, opened(mailbox, server.port, patience=SHORT) as sender:
        began = time.monotonic()
        with pytest.raises(DeliveryUnknown, match="did not confirm"):
            post(sender)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("said", ["421 4.3.2 Going down", "451 4.3.0 Later", "550 5.7.1 Spam"])
def test_refused_body_is_a_refusal(mailbox: Mailbox, said: str) -> None:
    refused, ready = after_body(mailbox, {"MESSAGE": said.encode()})

    assert isinstance(refused, SendRefused)
    assert (refused.stage, refused.answer) == (Stage.BODY, said)
    assert ready is not said.startswith("421")


@pytest.mark.parametrize("size", [10, 8_000_000])
@pytest.mark.parametrize("end", [faults.hang_up, faults.reset])
def test_connection_that_ends_within_the_body_leaves_it_unknown(
    mailbox: Mailbox, size: int, end: Any
) -> None:
    def go_ahead_and_leave(connection: Connection) -> None:
        connection.send(b"354 Go ahead\r\n")
        connection.exactly(5)
        end(connection)

    unknown, ready = after_body(mailbox, {"DATA": go_ahead_and_leave}, b"x" * size)

    assert isinstance(unknown, DeliveryUnknown)
    assert "broke off" in unknown.sentence
    assert not ready


def test_server_that_stops_reading_does_not_hold_the_sender(mailbox: Mailbox) -> None:
    def go_ahead_and_sleep(connection: Connection) -> None:
        connection.send(b"354 Go ahead\r\n")
        faults.hang(connection)

    with (
        ScriptedSmtp({"DATA": go_ahead_and_sleep}) as server,
        opened(mailbox, server.port, patience=SHORT) as sender,
    ):
        began = time.monotonic()
        with pytest.raises(DeliveryUnknown, match="did not confirm"):
            post(sender, b"x" * 30_000_000)
        assert time.monotonic() - began < 5


def test_body_that_nobody_will_receive_stays_here(mailbox: Mailbox) -> None:
    script = {"EHLO": PIPELINING, "RCPT": b"550 5.1.1 Unknown", "DATA": b"354 Go ahead all the same"}
    with ScriptedSmtp(script) as server, opened(mailbox, server.port) as sender:
        with pytest.raises(SendRefused) as refused:
            post(sender)
        ready = sender.is_ready()

    assert (refused.value.stage, refused.value.answer) == (Stage.RCPT, "550 5.1.1 Unknown")
    assert not ready
    assert b"words" not in b"".join(server.received)


@ONE_BY_ONE_OR_AHEAD
@pytest.mark.parametrize("second", [b"421 4.7.0 Too many messages in one connection", faults.hang_up])
def test_kept_connection_that_has_ended_is_told_from_a_refused_message(
    mailbox: Mailbox, second: Any, features: bytes
) -> None:
    script = InTurn(EHLO=features, MAIL=[b"250 Ok", second])
    with ScriptedSmtp(script) as server, opened(mailbox, server.port) as sender:
        post(sender)
        with pytest.raises(SendRefused) as refused:
            post(sender)

        assert (refused.value.stage, refused.value.stale) == (Stage.MAIL, True)
        assert not sender.is_ready()
