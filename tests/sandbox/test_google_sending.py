"""The practice Gmail takes messages and sends them on as the real one does."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.google_client import error_of, letter


def test_a_message_is_kept_as_sent_and_arrives(gmail, ann, bob):
    answer = gmail.send(letter(Message_ID="<1@example.com>", X_NimbusOS_Send="17")).json()

    sent, arrived = ann.messages[0], bob.messages[0]
    assert answer == {"id": sent.id, "threadId": sent.id, "labelIds": ["SENT"]}
    assert sent.message_id == arrived.message_id == "<1@example.com>"
    assert arrived.headers["X-NimbusOS-Send"] == "17"
    assert arrived.id != sent.id


def test_raw_may_be_padded_or_not(gmail, bob):
    for raw in (letter(), letter("Hello!"), letter("Hello!!")):
        encoded = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        assert gmail.post("messages/send", {"raw": encoded}).status_code == 200

    assert len(bob.messages) == 3


def test_mail_to_oneself_is_one_message_in_both_places(gmail, ann, world):
    heard = []
    world.listeners.append(lambda mailbox, stored: heard.append(mailbox.address))

    answer = gmail.send(letter(to="ann@example.com")).json()

    assert answer["labelIds"] == ["INBOX", "SENT", "UNREAD"]
    assert len(ann.messages) == 1
    assert heard == ["ann@example.com"]


def test_blind_copies_arrive_and_are_not_told(gmail, ann, bob):
    gmail.send(letter(to="someone@elsewhere.test", Bcc="bob@gmail.com"))

    assert "Bcc" not in bob.messages[0].headers
    assert "Bcc" not in ann.messages[0].headers


def test_a_foreign_sender_is_replaced_and_what_is_missing_added(gmail, bob):
    gmail.send(letter(sender="Ann Else <boss@example.com>"))

    headers = bob.messages[0].headers
    assert headers["From"] == "Ann Else <ann@example.com>"
    assert headers["Message-ID"].endswith("@mail.gmail.com>")
    assert headers["Date"]


def test_the_message_id_can_be_rewritten(gmail, ann, bob):
    ann.faults.set("rewritten_message_id")

    identity = gmail.send(letter(Message_ID="<1@example.com>")).json()["id"]

    seen = gmail.get(f"messages/{identity}", format="metadata", metadataHeaders="Message-ID").json()
    (header,) = seen["payload"]["headers"]
    assert header["value"] == bob.messages[0].message_id != "<1@example.com>"
    assert bob.messages[0].headers["X-Google-Original-Message-ID"] == "<1@example.com>"


@pytest.mark.parametrize(
    ("subject", "headers", "joins"),
    [
        ("Re: Offer", {"In_Reply_To": "<1@x>", "References": "<1@x>"}, True),
        ("Re: Offer", {}, False),
        ("Other", {"In_Reply_To": "<1@x>"}, False),
    ],
)
def test_a_reply_joins_its_thread_only_with_headers_and_subject(gmail, subject, headers, joins):
    thread = gmail.send(letter("Offer", Message_ID="<1@x>")).json()["threadId"]

    answer = gmail.send(letter(subject, **headers), threadId=thread).json()

    assert (answer["threadId"] == thread) is joins


def test_a_thread_must_be_named_and_be_this_mailboxs_own(google, gmail):
    thread = gmail.send(letter("Offer", Message_ID="<1@x>")).json()["threadId"]
    reply = letter("Re: Offer", In_Reply_To="<1@x>")

    assert gmail.send(reply).json()["threadId"] != thread
    assert error_of(google.gmail("bob@gmail.com").send(reply, threadId=thread))[:2] == (404, "notFound")


def test_an_unknown_recipient_is_accepted_and_comes_back(gmail, ann):
    assert gmail.send(letter(to="nobody@gmail.com")).status_code == 200

    assert [stored.headers["X-Failed-Recipients"] for stored in ann.messages] == [None, "nobody@gmail.com"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"Subject: x\r\n\r\nx", "Recipient address required"),
        (b"To: nobody\r\n\r\nx", "Invalid To header"),
        (b"", "'raw' RFC822 payload message string or uploading message required"),
    ],
)
def test_what_cannot_be_sent_is_refused(gmail, raw, message):
    response = gmail.send(raw)

    assert error_of(response) == (400, "invalidArgument", "INVALID_ARGUMENT")
    assert response.json()["error"]["message"] == message


@pytest.mark.parametrize("body", [{"raw": "not/base64url+"}, {"raw": "ü"}, [], "text"])
def test_a_body_that_is_not_what_it_should_be_is_refused(gmail, body):
    assert error_of(gmail.post("messages/send", body))[:2] == (400, "invalidArgument")


def test_big_messages_go_through_the_upload_address(gmail, bob):
    big = letter() + b"x" * (5 * 2**20)

    assert error_of(gmail.send(big))[:2] == (413, "uploadTooLarge")
    assert gmail.upload(big, "media", "message/rfc822").status_code == 200
    assert len(bob.messages[0].raw) > 5 * 2**20


def test_an_upload_may_name_its_thread_in_a_first_part(gmail, ann):
    thread = gmail.send(letter("Offer", Message_ID="<1@x>")).json()["threadId"]
    raw = letter("Re: Offer", In_Reply_To="<1@x>").replace(b"\n", b"\r\n")
    parts = (
        b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps({"threadId": thread}).encode(),
        b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + raw + b"\r\n--b--\r\n",
    )

    answer = gmail.upload(b"".join(parts), "multipart", "multipart/related; boundary=b")

    assert answer.json()["threadId"] == thread
    assert ann.messages[1].raw.endswith(b"Hello there.\r\n")
    assert gmail.upload(b"nonsense", "multipart", "multipart/related; boundary=b").status_code == 400


def test_many_callers_at_once_lose_nothing(gmail, ann, bob, world):
    with ThreadPoolExecutor(8) as callers:
        statuses = set(callers.map(lambda _: gmail.send(letter()).status_code, range(40)))

    assert statuses == {200}
    for mailbox in (ann, bob):
        assert len({stored.id for stored in mailbox.messages}) == 40
        assert len({change.id for change in mailbox.changes}) == 40
    assert world.tally["google SendMessage", ann.address] == 40
