"""The envelope of a test message goes ahead where the server can take that, and nothing is lost by it."""

from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Step
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.providers.smtp_imap.posting import PIPELINING
from tests.servers.faults import ScriptedSmtp
from tests.servers.scripted import Connection


def test_envelope_is_said_at_once_to_a_server_that_can_take_it(mailbox: Mailbox) -> None:
    def hear_all_before_answering(connection: Connection) -> None:
        assert [connection.line()[:4] for _ in range(2)] == [b"RCPT", b"DATA"]
        connection.send(b"250 Ok\r\n250 Ok\r\n354 Go ahead\r\n")
        connection.until_dot()
        connection.send(b"250 2.0.0 Taken\r\n")

    with ScriptedSmtp({"EHLO": PIPELINING, "MAIL": hear_all_before_answering}) as server:
        mailbox.smtp(server.port)

    assert mailbox.notebook.details[Leg.SMTP, Step.HAND_OVER] == "250 2.0.0 Taken"


def test_message_that_nobody_will_receive_is_not_sent(mailbox: Mailbox) -> None:
    script = {"EHLO": PIPELINING, "RCPT": b"550 5.1.1 Unknown", "DATA": b"354 Go ahead all the same"}
    with ScriptedSmtp(script) as server:
        error = mailbox.fails("smtp", server.port)

    assert (error.code, error.step) == (FailureCode.TEST_REFUSED, Step.HAND_OVER)
    assert error.server_line == "550 5.1.1 Unknown"
    assert b"connection test" not in b"".join(server.received)
