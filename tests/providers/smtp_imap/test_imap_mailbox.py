"""Reading a mailbox whose server is odd or hostile: bounded in time and size, and never past what was asked."""

import time
import tracemalloc
from contextlib import suppress
from datetime import date

import pytest

from nimbus.providers.errors import ProviderError
from nimbus.providers.reading import Cursor, Window
from nimbus.providers.smtp_imap.imap_mailbox import open_mailbox
from nimbus.rules.incoming import FolderRole
from tests.servers import faults
from tests.servers.faults import ScriptedImap

WINDOW = Window(date(2026, 1, 1), 1000)
STATUS = b'* STATUS "INBOX" (MESSAGES %d UIDNEXT %d UIDVALIDITY 1)\nTAG OK Done'
OPENED = b"* %d EXISTS\n* OK [UIDVALIDITY 1] Valid\n* OK [UIDNEXT %d] Next\nTAG OK [READ-ONLY] Done"
HEAD = b"From: bob@beta.test\r\nSubject: Hi\r\n\r\n"


def folder(messages, *, next_uid=None, kind=ScriptedImap, **replies):
    """A server whose INBOX says that it has so many messages."""
    following = next_uid or messages + 1
    usual = {"STATUS": STATUS % (messages, following), "EXAMINE": OPENED % (messages, following)}
    listed = b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(1, min(messages, 50) + 1))
    return kind(usual | {"SEARCH": listed + b"\nTAG OK Done"} | replies)


def given(uid, *, head=HEAD, size=b"2048", when=b'"01-Oct-2026 10:00:00 +0000"'):
    """One message of a FETCH, as a server should give it unless told otherwise."""
    literal = b"BODY[HEADER.FIELDS (FROM)]<0> {%d}\r\n%s" % (len(head), head)
    return b"* %d FETCH (UID %d RFC822.SIZE %s INTERNALDATE %s %s)\r\n" % (uid, uid, size, when, literal)


def answering(*messages):
    """An action that gives these messages to every FETCH, and goes on listening."""
    return b"".join(messages) + b"TAG OK Done"


def pages(mailbox, server, *, cursor=None):
    login, network = mailbox.login(server.port, "none"), mailbox.network
    with open_mailbox(login, network) as opened:
        return list(opened.news({FolderRole.INBOX: cursor or Cursor("INBOX")}, WINDOW))


@pytest.fixture
def mailbox(mailbox):
    mailbox.step_seconds = 0.5
    return mailbox


def test_a_folder_whose_numbers_stand_is_not_even_opened(mailbox):
    with folder(3) as server:
        assert pages(mailbox, server, cursor=Cursor("INBOX", 1, 3, messages=3)) == []

    assert not [line for line in server.received if b"EXAMINE" in line or b"SEARCH" in line]


def test_new_messages_come_with_their_size_their_date_and_their_headers(mailbox):
    with folder(2, FETCH=answering(given(1), given(2))) as server:
        [page] = pages(mailbox, server)

    assert [(head.key, head.size, head.headers) for head in page.heads] == [
        ("inbox:1:1", 2048, HEAD),
        ("inbox:1:2", 2048, HEAD),
    ]
    assert page.heads[0].received_at.isoformat() == "2026-10-01T10:00:00+00:00"
    assert (page.cursor.last_uid, page.cursor.uid_validity) == (2, 1)


@pytest.mark.parametrize(
    "row",
    [
        b"* 1 FETCH (UID 1 RFC822.SIZE NIL INTERNALDATE NIL BODY[HEADER.FIELDS (FROM)]<0> {3}\r\nA: )\r\n",
        given(1, size=b"99999999999999999999"),
        given(1, when=b'"99-Foo-0000 10:00:00 +0000"'),
        given(1, head=b"\xff\xfe\x00 no header at all\r\n\r\n"),
    ],
)
def test_fields_that_are_missing_or_make_no_sense_cost_themselves_alone(mailbox, row):
    with folder(1, FETCH=answering(row)) as server, suppress(ProviderError):
        [page] = pages(mailbox, server)
        assert 0 <= page.heads[0].size < 2**31


def test_a_message_that_nobody_asked_for_is_left_out(mailbox):
    with folder(1, FETCH=answering(given(7), given(1))) as server:
        [page] = pages(mailbox, server)

    assert [head.key for head in page.heads] == ["inbox:1:1"]


def test_a_message_that_the_server_names_and_does_not_hand_over_is_told_from_a_deleted_one(mailbox):
    with folder(2, FETCH=answering(given(2))) as server:
        [page] = pages(mailbox, server)

    assert [(head.key, head.headers) for head in page.heads] == [("inbox:1:1", None), ("inbox:1:2", HEAD)]


class Broken(ScriptedImap):
    """A server that refuses every FETCH in which one message is asked for that it cannot read itself."""

    def _command(self, connection, tag, name, words):
        if name != "FETCH":
            super()._command(connection, tag, name, words)
            return
        wanted = [int(uid) for uid in words[2].split(b",")]
        rows = b"" if self.replies["BROKEN"] in wanted else b"".join(map(given, wanted))
        connection.send(rows + tag + (b" OK Done" if rows else b" NO [SERVERBUG] Cannot read it") + b"\r\n")


@pytest.mark.parametrize(("broken", "found"), [(2, [HEAD, None]), (1, [None, HEAD])])
def test_one_message_that_the_server_cannot_read_keeps_no_other_from_being_read(mailbox, broken, found):
    with folder(2, kind=Broken, BROKEN=broken) as server:
        [page] = pages(mailbox, server)

    assert [head.headers for head in page.heads] == found


def test_a_server_that_refuses_them_all_is_asked_another_time(mailbox):
    with folder(2, FETCH=b"TAG NO [UNAVAILABLE] Not now") as server, pytest.raises(ProviderError) as caught:
        pages(mailbox, server)

    assert "Not now" in caught.value.server_line


def test_a_look_has_an_end_however_often_its_server_gains_time(mailbox, monkeypatch):
    monkeypatch.setattr("nimbus.providers.smtp_imap.imap_mailbox.LOOK_SECONDS", 0.0)

    with folder(2) as server, pytest.raises(ProviderError) as caught:
        pages(mailbox, server)

    assert caught.value.code == "timeout"


def test_a_million_messages_that_are_not_there_are_not_asked_for_one_by_one(mailbox):
    with folder(10**6, next_uid=4 * 10**9, SEARCH=b"* SEARCH\nTAG OK Done") as server:
        [page] = pages(mailbox, server, cursor=Cursor("INBOX", 1, 5, messages=5))

    assert page.heads == ()
    assert page.cursor.last_uid == 4 * 10**9 - 1
    assert sum(b"SEARCH" in line for line in server.received) < 12


def test_a_server_without_uidnext_gives_its_last_message_once(mailbox):
    silent = b'* STATUS "INBOX" (MESSAGES 2 UIDVALIDITY 1)\nTAG OK Done'
    opened = b"* 2 EXISTS\n* OK [UIDVALIDITY 1] Valid\nTAG OK [READ-ONLY] Done"
    with folder(2, STATUS=silent, EXAMINE=opened, SEARCH=b"* SEARCH 2\nTAG OK Done") as server:
        [page] = pages(mailbox, server, cursor=Cursor("INBOX", 1, 2, messages=2))

    assert (page.heads, page.cursor.last_uid) == ((), 2)


@pytest.mark.parametrize("numbers", [b"UIDVALIDITY 99999999999999999999999", b"UIDNEXT -4 UIDVALIDITY 1"])
def test_numbers_beyond_all_measure_are_nonsense(mailbox, numbers):
    status = b'* STATUS "INBOX" (MESSAGES 1 ' + numbers + b")\nTAG OK Done"
    with folder(1, STATUS=status) as server, pytest.raises(ProviderError) as caught:
        pages(mailbox, server)

    assert caught.value.code == "protocol"


@pytest.mark.parametrize("command", ["STATUS", "EXAMINE", "SEARCH", "FETCH"])
@pytest.mark.parametrize(
    "fault",
    [
        faults.hang,
        faults.hang_up,
        faults.reset,
        faults.drip(b"* 1 FETCH (UID 1", seconds=0.1),
        faults.repeat(b"* 1 EXISTS\r\n"),
        faults.say_and_hang_up(b"* BYE too busy"),
        faults.say_and_hang_up(b"* 1 FETCH (UID 1 BODY[] {99999999999}"),
        faults.say_and_hang_up(b"* 1 FETCH ((((((((((((((((((((((((((((((((("),
    ],
    ids=["hangs", "hangs up", "resets", "drips", "floods", "says goodbye", "announces too much", "nests"],
)
def test_a_hostile_server_is_left_within_its_time(mailbox, command, fault):
    begun = time.monotonic()
    with folder(1, **{command: fault}) as server, pytest.raises(ProviderError):
        pages(mailbox, server)

    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "flood", [b"* 1 EXISTS\r\n", b"* 1 FETCH (UID 1 BODY[] {1000000}\r\n" + b"x" * 10**6 + b")\r\n"]
)
def test_what_a_server_pours_out_takes_no_more_memory_than_one_answer_may(mailbox, flood):
    tracemalloc.start()
    with folder(1, FETCH=faults.repeat(flood)) as server, pytest.raises(ProviderError):
        pages(mailbox, server)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 2 * 32 * 1024 * 1024


def test_folders_that_cannot_be_named_are_left_out_and_the_spam_folder_is_found_in_any_language(mailbox):
    listed = (
        b'* LIST () "/" INBOX\n* LIST () "/" "Entw&APw-rfe"\n* LIST () "/" Spamverdacht\n'
        b'* LIST (\\Noselect) "/" All\n* LIST () "/" "bad&AAo-name"\nTAG OK Done'
    )
    with (
        folder(4, LIST=listed) as server,
        open_mailbox(mailbox.login(server.port, "none"), mailbox.network) as box,
    ):
        found = {each.name: (each.role, each.messages) for each in box.folders()}

    assert found == {"INBOX": ("inbox", 4), "Entwürfe": (None, 4), "Spamverdacht": ("spam", 4)}
