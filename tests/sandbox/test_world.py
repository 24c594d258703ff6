"""Mail gets from one mailbox of the practice world to another, and comes back when there is nobody."""

import email
from datetime import UTC, datetime

import pytest

from nimbus.sandbox import messages
from nimbus.sandbox.faults import FAULTS, Faults
from nimbus.sandbox.world import System
from tests.sandbox.google_client import letter

ANN, BOB = "ann@example.com", "bob@example.net"


@pytest.fixture(autouse=True)
def people(world):
    world.add("Ann@Example.com", name="Ann", system=System.GOOGLE)
    world.add(BOB, name="Bob", system=System.MAIL)


def inbox(world, address):
    return [stored for stored in world.mailboxes[address].messages if "INBOX" in stored.labels]


@pytest.mark.parametrize("system", list(System))
def test_a_message_arrives_in_every_system(world, system):
    world.add("cara@example.org", name="Cara", system=system)

    world.deliver(letter(Message_ID="<1@example.com>"), sender=ANN, recipients=["Cara@example.org"])

    (stored,) = inbox(world, "cara@example.org")
    assert stored.labels == {"INBOX", "UNREAD"}
    assert stored.message_id == "<1@example.com>"
    assert stored.headers["Return-Path"] == f"<{ANN}>"
    assert stored.arrived_at.tzinfo is UTC


def test_a_blind_copy_stays_blind(world):
    raw = letter(Bcc=BOB)

    world.deliver(raw, sender=ANN, recipients=[BOB])

    assert b"Bcc" in raw
    assert "Bcc" not in inbox(world, BOB)[0].headers


@pytest.mark.parametrize(
    ("system", "reporter"),
    [
        (System.GOOGLE, "mailer-daemon@googlemail.com"),
        (System.MICROSOFT, "postmaster@example.org"),
        (System.MAIL, "MAILER-DAEMON@example.org"),
    ],
)
def test_an_unknown_user_comes_back_as_a_delivery_status_notification(world, system, reporter):
    world.add("cara@example.org", name="Cara", system=system)

    world.deliver(letter(Message_ID="<1@x>"), sender="cara@example.org", recipients=["nobody@example.net"])

    report = email.message_from_bytes(inbox(world, "cara@example.org")[0].raw)
    _, status, original = report.get_payload()
    about_message, about_recipient = status.get_payload()
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert reporter in report["From"]
    assert report["Return-Path"] == "<>"
    assert about_message["X-Original-Message-ID"] == "<1@x>"
    assert about_recipient["Final-Recipient"] == "rfc822; nobody@example.net"
    assert (about_recipient["Action"], about_recipient["Status"]) == ("failed", "5.1.1")
    assert about_recipient["Diagnostic-Code"].startswith("smtp; 550 5.1.1 <nobody@example.net>")
    assert "Message-ID: <1@x>" in original.get_payload()


def test_a_mailbox_that_is_full_for_now_is_a_delay(world):
    world.bounce(letter(), sender=ANN, recipient=BOB, status="4.2.2", words="Mailbox full")

    status = email.message_from_bytes(inbox(world, ANN)[0].raw).get_payload()[1]
    assert status.get_payload()[1]["Action"] == "delayed"


def test_a_bounce_never_bounces_and_other_domains_are_silent(world):
    world.deliver(letter(), sender="", recipients=["nobody@example.net"])
    world.deliver(letter(), sender=ANN, recipients=["somebody@elsewhere.test"])

    assert inbox(world, ANN) == []


def test_somebody_without_a_mailbox_gets_no_mail(world):
    world.add("dan@example.net", name="Dan", system=System.GOOGLE, has_mailbox=False)

    world.deliver(letter(), sender=ANN, recipients=["dan@example.net"])

    assert len(inbox(world, ANN)) == 1


def test_whoever_listens_hears_of_each_arrival_and_may_answer(world):
    def answer(mailbox, stored):
        if mailbox.address == BOB:
            raw = letter("Re: Hello", sender=BOB, to=ANN, In_Reply_To=stored.message_id)
            world.deliver(raw, sender=BOB, recipients=[ANN])

    world.listeners.append(answer)

    world.deliver(letter(Message_ID="<1@x>"), sender=ANN, recipients=[BOB])

    assert inbox(world, ANN)[0].headers["In-Reply-To"] == "<1@x>"


def test_an_answer_joins_the_thread_only_with_its_subject(world):
    for subject, references in [
        ("Offer", {}),
        ("RE: AW: offer", {"References": "<1@x>"}),
        ("Else", {"In_Reply_To": "<1@x>"}),
    ]:
        raw = letter(subject, Message_ID="<1@x>" if not references else "<2@x>", **references)
        world.deliver(raw, sender=BOB, recipients=[ANN])

    first, answer, other = inbox(world, ANN)
    assert first.thread_id == answer.thread_id == first.id
    assert other.thread_id == other.id


def test_changes_are_remembered_with_growing_numbers(world):
    world.deliver(letter(), sender=BOB, recipients=[ANN])
    mailbox = world.mailboxes[ANN]
    (stored,) = mailbox.messages

    mailbox.relabel(stored, add=["STARRED", "INBOX"], remove=["UNREAD"])
    mailbox.discard(stored)

    assert [(change.kind, change.labels) for change in mailbox.changes] == [
        ("added", ("INBOX", "UNREAD")),
        ("labelled", ("STARRED",)),
        ("unlabelled", ("UNREAD",)),
        ("deleted", ()),
    ]
    numbers = [change.id for change in mailbox.changes]
    assert numbers == sorted(set(numbers))
    assert mailbox.history_id == numbers[-1]
    assert mailbox.messages == []


def test_mail_can_be_made_to_arrive_as_spam(world):
    world.mailboxes[BOB].faults.set("placement", times=1, label="SPAM")

    for _ in range(2):
        world.deliver(letter(), sender=ANN, recipients=[BOB])

    assert [stored.labels for stored in world.mailboxes[BOB].messages] == [
        {"SPAM", "UNREAD"},
        {"INBOX", "UNREAD"},
    ]


def test_reset_leaves_nothing(world):
    world.register("id", "secret", system=System.GOOGLE)
    forgotten = []
    world.forgetters.append(lambda: forgotten.append(True))
    world.count("google refresh", ANN)

    world.reset()

    assert (world.mailboxes, world.apps, world.tally, forgotten) == ({}, {}, {}, [True])


def test_a_fault_strikes_as_often_as_it_was_told_to():
    faults = Faults()
    faults.set("server_error", times=2, after=1, status=500)

    struck = [faults.take("server_error") for _ in range(4)]

    assert [fault and fault.values["status"] for fault in struck] == [None, 500, 500, None]


def test_a_fault_strikes_only_where_it_was_told_to():
    faults = Faults()
    faults.set("hang", at="send")

    assert faults.take("hang", "token") is None
    assert faults.take("hang", "api", "send").values == {"seconds": 120}
    assert faults.take("hang", "send") is not None


def test_events_happen_once_and_conditions_last_until_cleared():
    faults = Faults()
    for name in ("revoked", "throttled"):
        faults.set(name)

    assert [bool(faults.take(name)) for name in ("revoked", "revoked", "throttled", "throttled")] == [
        True,
        False,
        True,
        True,
    ]
    faults.clear("throttled")
    assert faults.get("throttled") is None


@pytest.mark.parametrize(("name", "values"), [("no_such_fault", {}), ("throttled", {"minutes": 3})])
def test_a_fault_that_does_not_exist_is_refused(name, values):
    with pytest.raises(ValueError, match="no"):
        Faults().set(name, **values)


def test_every_fault_is_described_for_whoever_sets_it():
    assert all(words.endswith(".") for words, _ in FAULTS.values())


def test_headers_change_without_touching_the_rest():
    raw = b"Subject: one\r\nBcc: a@x,\r\n b@x\r\nTo: c@x\r\n\r\nBcc: not a header\r\n"

    assert messages.without_header(raw, "bcc") == b"Subject: one\r\nTo: c@x\r\n\r\nBcc: not a header\r\n"
    assert messages.with_header(raw, "Subject", "two").startswith(b"Subject: two\r\nBcc:")
    assert messages.with_line_ends(b"a\nb\r\nc\rd") == b"a\r\nb\r\nc\r\nd"


def test_the_worlds_time_is_the_clocks(world, clock):
    clock.advance(days=400)

    world.deliver(letter(), sender=ANN, recipients=[BOB])

    assert (inbox(world, BOB)[0].arrived_at - datetime.now(UTC)).days >= 399
