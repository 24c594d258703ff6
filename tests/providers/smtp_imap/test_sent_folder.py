"""The Sent folder proves what left, and keeps one copy of it."""

from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient

from nimbus.providers.message import Letter, compose, new_message_id
from nimbus.providers.smtp_imap.sent_folder import SentFolder
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.servers import faults
from tests.servers.availability import require
from tests.servers.faults import ScriptedImap
from tests.servers.mail import MailStack

ANN, PASSWORD = "ann@alpha.test", "correct horse"
SENT_AT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
WITH_SENT = b'* LIST (\\Sent) "/" Sent\nTAG OK Done'


def message(message_id: str) -> bytes:
    return compose(
        Letter(
            sender=ANN,
            sender_name="Ann",
            recipient="bob@beta.test",
            subject="Grüße",
            text=".one\r\n..two\n",
            message_id=message_id,
            mark="7",
            dated_at=SENT_AT,
        )
    )


@pytest.fixture
def real(mail_stack: MailStack) -> Mailbox:
    return Mailbox(str(mail_stack.ca_file), password=PASSWORD, step_seconds=15)


def row_in_sent(stack: MailStack, message_id: str) -> dict[bytes, object]:
    """The one message with this id, as another mail program sees it."""
    with IMAPClient("localhost", stack.imap_ssl, ssl_context=stack.client_context()) as client:
        client.normalise_times = False
        client.login(ANN, PASSWORD)
        client.select_folder("Sent", readonly=True)
        (uid,) = client.search(["HEADER", "Message-ID", message_id])
        return dict(client.fetch([uid], ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"])[uid])


@pytest.mark.servers
def test_copy_is_kept_once_as_read_and_dated(real: Mailbox, mail_stack: MailStack) -> None:
    message_id = new_message_id(ANN)
    login = real.login(mail_stack.imap_ssl, "ssl")

    with SentFolder(login, real.network) as folder:
        before = folder.holds(message_id, since=SENT_AT.date())
        kept = [folder.keep(message(message_id), message_id) for _ in range(2)]

        assert (before, kept) == (False, [True, True])
        assert folder.holds(message_id) is True
        assert folder.holds(message_id, since=SENT_AT.date()) is True
    row = row_in_sent(mail_stack, message_id)
    assert b"\\Seen" in row[b"FLAGS"]
    assert row[b"INTERNALDATE"] == SENT_AT
    assert row[b"BODY[]"] == message(message_id)


@pytest.mark.servers
def test_folder_that_only_its_name_gives_away_is_found_in_another_alphabet() -> None:
    require("mail")
    message_id = new_message_id(ANN)
    with MailStack(users={ANN: PASSWORD}, mailboxes={"Отправленные": None}) as stack:
        mailbox = Mailbox(str(stack.ca_file), password=PASSWORD, step_seconds=15)
        login = mailbox.login(stack.imap_starttls, "starttls")

        with SentFolder(login, mailbox.network) as folder:
            assert folder.keep(message(message_id), message_id)
            assert folder.holds(message_id) is True


def test_mailbox_without_a_sent_folder_proves_nothing(mailbox: Mailbox) -> None:
    with ScriptedImap() as server:
        login = mailbox.login(server.port, "none")

        with SentFolder(login, mailbox.network) as folder:
            assert folder.holds("<a@alpha.test>") is None
            assert not folder.keep(message("<a@alpha.test>"), "<a@alpha.test>")
    assert not [line for line in server.received if b"APPEND" in line]


@pytest.mark.parametrize("command", ["GREETING", "AUTHENTICATE", "LIST", "EXAMINE", "SEARCH"])
def test_folder_that_could_not_be_read_proves_nothing(mailbox: Mailbox, command: str) -> None:
    script = {"LIST": WITH_SENT, command: faults.hang_up}
    with ScriptedImap(script) as server:
        login = mailbox.login(server.port, "none")

        with SentFolder(login, mailbox.network) as folder:
            assert folder.holds("<a@alpha.test>") is None
            assert not folder.keep(message("<a@alpha.test>"), "<a@alpha.test>")
    assert not [line for line in server.received if b"APPEND" in line]


def test_folder_that_refuses_to_open_proves_nothing(mailbox: Mailbox) -> None:
    with ScriptedImap({"LIST": WITH_SENT, "EXAMINE": b"TAG NO [NOPERM] Not yours"}) as server:
        login = mailbox.login(server.port, "none")

        with SentFolder(login, mailbox.network) as folder:
            assert folder.holds("<a@alpha.test>") is None
            assert not folder.keep(message("<a@alpha.test>"), "<a@alpha.test>")


def test_message_whose_id_only_contains_ours_is_another_one(mailbox: Mailbox) -> None:
    header = b"Message-ID: <x<a@alpha.test>\r\n\r\n"
    fetched = b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\n%s)\nTAG OK Done"
    script = {
        "LIST": WITH_SENT,
        "SEARCH": b"* SEARCH 5\nTAG OK Done",
        "FETCH": fetched % (len(header), header),
    }
    with ScriptedImap(script) as server:
        login = mailbox.login(server.port, "none")

        with SentFolder(login, mailbox.network) as folder:
            assert folder.holds("<a@alpha.test>") is False
    assert [line for line in server.received if b"FETCH" in line]


@pytest.mark.parametrize(
    "answer", [b"TAG NO [OVERQUOTA] Full", b"TAG NO [TOOBIG] Too large", b"TAG BAD No", faults.hang_up]
)
def test_copy_that_the_server_does_not_take_is_said_so(mailbox: Mailbox, answer: object) -> None:
    with ScriptedImap({"LIST": WITH_SENT, "APPEND": answer}) as server:
        login = mailbox.login(server.port, "none")

        with SentFolder(login, mailbox.network) as folder:
            assert not folder.keep(message("<a@alpha.test>"), "<a@alpha.test>")
    assert [line for line in server.received if b"APPEND" in line]


def sign_ins(server: ScriptedImap) -> int:
    return sum(b"AUTHENTICATE" in line for line in server.received)


def test_copies_are_kept_over_one_connection_and_it_is_opened_when_the_first_one_comes(
    mailbox: Mailbox,
) -> None:
    with ScriptedImap({"LIST": WITH_SENT}) as server:
        with SentFolder(mailbox.login(server.port, "none"), mailbox.network) as folder:
            assert server.received == []
            kept = [folder.keep(message(each), each) for each in ("<a@alpha.test>", "<b@alpha.test>")]

        assert kept == [True, True]
        assert sign_ins(server) == 1


def test_copy_after_one_that_broke_the_connection_is_kept_over_another(mailbox: Mailbox) -> None:
    with ScriptedImap({"LIST": WITH_SENT, "APPEND": faults.hang_up}) as server:
        with SentFolder(mailbox.login(server.port, "none"), mailbox.network) as folder:
            broke = folder.keep(message("<a@alpha.test>"), "<a@alpha.test>")
            server.replies = {"LIST": WITH_SENT}
            kept = folder.keep(message("<a@alpha.test>"), "<a@alpha.test>")

        assert (broke, kept, sign_ins(server)) == (False, True, 2)
