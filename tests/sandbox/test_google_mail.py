"""The practice Gmail API reads, searches, changes and follows a mailbox in the published shapes."""

import base64
from email.message import EmailMessage

import pytest

from nimbus.sandbox.google_grants import READ, SEND
from tests.sandbox.google_client import letter

BOB, ANN = "bob@gmail.com", "ann@example.com"


def ids(answer):
    return [message["id"] for message in answer.json().get("messages", [])]


def decoded(text):
    return base64.urlsafe_b64decode(text)


def with_attachment():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = BOB, ANN, "Grüße"
    message.set_content("Schöne Grüße & <bis> bald.")
    message.add_alternative("<p>Hi</p>", subtype="html")
    message.add_attachment(b"\x00\xffdata", maintype="application", subtype="pdf", filename="offer.pdf")
    return message.as_bytes()


def test_the_profile_names_the_mailbox_with_its_history_as_a_string(gmail, arrive):
    arrive()

    assert gmail.get("profile").json() == {
        "emailAddress": ANN,
        "messagesTotal": 1,
        "threadsTotal": 1,
        "historyId": "981007",
    }


def test_send_as_has_the_primary_address_and_its_own_name(gmail, ann):
    ann.send_as_name = "Ann of Example"

    (primary,) = gmail.get("settings/sendAs").json()["sendAs"]

    assert (primary["sendAsEmail"], primary["displayName"], primary["isPrimary"]) == (
        ANN,
        "Ann of Example",
        True,
    )


def test_a_whole_message_has_the_documented_types(gmail, arrive):
    message = gmail.get(f"messages/{arrive().id}").json()

    assert {key: type(value) for key, value in message.items()} == {
        "id": str,
        "threadId": str,
        "labelIds": list,
        "snippet": str,
        "sizeEstimate": int,
        "historyId": str,
        "internalDate": str,
        "payload": dict,
    }
    assert message["payload"].keys() == {"partId", "mimeType", "filename", "headers", "body"}
    assert message["labelIds"] == ["INBOX", "UNREAD"]
    assert {"name": "Subject", "value": "Hello"} in message["payload"]["headers"]
    assert decoded(message["payload"]["body"]["data"]).strip() == b"Hello there."


def test_parts_are_numbered_and_what_is_attached_is_fetched_by_its_id(gmail, world, ann):
    world.deliver(with_attachment(), sender=BOB, recipients=[ANN])
    (stored,) = ann.messages

    message = gmail.get(f"messages/{stored.id}").json()
    texts, file = message["payload"]["parts"]
    fetched = gmail.get(f"messages/{stored.id}/attachments/{file['body']['attachmentId']}").json()

    assert message["payload"]["body"] == {"size": 0}
    assert [part["partId"] for part in (message["payload"], texts, *texts["parts"], file)] == [
        "",
        "0",
        "0.0",
        "0.1",
        "1",
    ]
    assert (file["filename"], file["mimeType"], "data" in file["body"]) == (
        "offer.pdf",
        "application/pdf",
        False,
    )
    assert (fetched["size"], decoded(fetched["data"])) == (6, b"\x00\xffdata")
    assert message["snippet"] == "Schöne Grüße &amp; &lt;bis&gt; bald."
    assert {"name": "Subject", "value": "Grüße"} in message["payload"]["headers"]
    assert gmail.get(f"messages/{stored.id}/attachments/nonsense").status_code == 400


def test_a_bounce_shows_its_parts(gmail, world, ann):
    world.bounce(letter(), sender=ANN, recipient="nobody@gmail.com")

    (stored,) = ann.messages
    parts = gmail.get(f"messages/{stored.id}").json()["payload"]["parts"]
    status = gmail.get(f"messages/{stored.id}/attachments/{parts[1]['body']['attachmentId']}").json()

    assert [part["mimeType"] for part in parts] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert b"Final-Recipient: rfc822; nobody@gmail.com" in decoded(status["data"])


def test_metadata_keeps_the_headers_asked_for_and_raw_the_bytes(gmail, arrive):
    stored = arrive(Message_ID="<1@x>")

    metadata = gmail.get(
        f"messages/{stored.id}", format="metadata", metadataHeaders=["message-id", "Subject"]
    ).json()
    raw = gmail.get(f"messages/{stored.id}", format="raw").json()
    minimal = gmail.get(f"messages/{stored.id}", format="minimal").json()

    assert {header["name"] for header in metadata["payload"]["headers"]} == {"Message-ID", "Subject"}
    assert metadata["payload"].keys() == {"mimeType", "headers"}
    assert decoded(raw["raw"]) == stored.raw
    assert "payload" not in raw
    assert "payload" not in minimal
    assert gmail.get(f"messages/{stored.id}", format="pretty").status_code == 400


def test_an_empty_list_has_no_messages_key(gmail):
    assert gmail.get("messages").json() == {"resultSizeEstimate": 0}


def test_lists_are_paged_newest_first(gmail, arrive):
    arrived = [arrive().id for _ in range(5)]

    first = gmail.get("messages", maxResults=3)
    second = gmail.get("messages", maxResults=3, pageToken=first.json()["nextPageToken"])

    assert ids(first) + ids(second) == arrived[::-1]
    assert "nextPageToken" not in second.json()
    assert first.json()["messages"][0].keys() == {"id", "threadId"}


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("rfc822msgid:<new@x>", ["new"]),
        ("rfc822msgid:new@x", ["new"]),
        ("in:spam", ["spam"]),
        ("in:anywhere", ["spam", "new", "old"]),
        ("in:anywhere rfc822msgid:spam@x", ["spam"]),
        ("rfc822msgid:spam@x", []),
        ("newer_than:7d", ["new"]),
        ("from:bob in:inbox", ["new", "old"]),
        ("subject:NEW is:unread", ["new"]),
        ("to:somebody-else", []),
        ("there subject:old", ["old"]),
    ],
)
def test_searching_finds_what_gmail_would(google, arrive, ann, clock, query, finds):
    arrive("old", Message_ID="<old@x>")
    clock.advance(days=8)
    arrive("new", Message_ID="<new@x>")
    ann.faults.set("placement", label="SPAM")
    arrive("spam", Message_ID="<spam@x>")
    names = {stored.id: stored.headers["Subject"] for stored in ann.messages}

    found = ids(google.gmail().get("messages", q=query))
    assert [names[identity] for identity in found] == finds


def test_searching_by_a_moment(google, arrive, clock):
    arrive()
    clock.advance(days=2)
    newer, moment, gmail = arrive(), int(clock.now().timestamp()) - 3600, google.gmail()

    assert ids(gmail.get("messages", q=f"after:{moment}")) == [newer.id]
    assert newer.id not in ids(gmail.get("messages", q=f"before:{moment}"))
    assert ids(gmail.get("messages", q=f"after:{clock.now():%Y/%m/%d}")) == [newer.id]
    assert gmail.get("messages", q="after:soon").status_code == 400


def test_a_search_that_is_not_played_here_is_refused_rather_than_wrong(gmail):
    assert "larger" in gmail.get("messages", q="larger:5M").json()["error"]["message"]


def test_labels_and_the_hidden_folders_narrow_a_list(gmail, arrive, ann):
    arrive()
    ann.faults.set("placement", label="SPAM")
    spam = arrive()

    assert ids(gmail.get("messages", labelIds=["SPAM", "UNREAD"])) == [spam.id]
    assert len(ids(gmail.get("messages", includeSpamTrash="true"))) == 2
    assert len(ids(gmail.get("messages"))) == 1


def test_the_system_labels_are_listed(gmail):
    labels = gmail.get("labels").json()["labels"]

    assert {"id": "INBOX", "name": "INBOX", "type": "system"} in labels
    assert len(labels) == 14


def test_a_thread_holds_its_messages(gmail, arrive):
    first, answer = arrive("Offer", Message_ID="<1@x>"), arrive("Re: Offer", In_Reply_To="<1@x>")

    thread = gmail.get(f"threads/{first.thread_id}", format="minimal").json()

    assert thread.keys() == {"id", "historyId", "messages"}
    assert [message["id"] for message in thread["messages"]] == [first.id, answer.id]
    assert thread["historyId"] == str(answer.history_id)
    assert gmail.get("threads/nothing").status_code == 404


def test_modifying_rescues_from_spam_and_marks_as_read(changing, arrive, ann):
    ann.faults.set("placement", label="SPAM")
    stored = arrive()

    answer = changing.post(
        f"messages/{stored.id}/modify", {"addLabelIds": ["INBOX"], "removeLabelIds": ["SPAM", "UNREAD"]}
    )

    assert answer.json() == {"id": stored.id, "threadId": stored.thread_id, "labelIds": ["INBOX"]}


def test_many_are_modified_at_once_without_an_answer(changing, arrive):
    stored = [arrive(), arrive()]

    answer = changing.post(
        "messages/batchModify", {"ids": [*(one.id for one in stored), "gone"], "removeLabelIds": ["UNREAD"]}
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert [one.labels for one in stored] == [{"INBOX"}, {"INBOX"}]


@pytest.mark.parametrize(
    "body", [{"addLabelIds": ["NOPE"]}, {"removeLabelIds": ["SENT"]}, {"addLabelIds": "INBOX"}, []]
)
def test_labels_that_cannot_be_changed_are_refused(changing, arrive, body):
    assert changing.post(f"messages/{arrive().id}/modify", body).status_code == 400


def test_reading_rights_change_nothing(gmail, arrive):
    stored = arrive()

    for path in (f"messages/{stored.id}/modify", "messages/batchModify"):
        error = gmail.post(path, {"ids": [stored.id], "removeLabelIds": ["UNREAD"]}).json()["error"]
        assert (error["code"], error["errors"][0]["reason"]) == (403, "insufficientPermissions")
        assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert "UNREAD" in stored.labels


def test_sending_rights_read_nothing_and_reading_rights_send_nothing(google):
    sender, reader = google.gmail(scopes=[SEND]), google.gmail(scopes=[READ])

    assert [sender.get(path).status_code for path in ("profile", "messages", "history")] == [403] * 3
    assert reader.send(letter()).status_code == 403
    assert sender.send(letter()).status_code == 200


def test_what_is_not_there_is_not_found(gmail):
    error = gmail.get("messages/18c0ffee").json()["error"]

    assert (error["code"], error["status"], error["errors"][0]["reason"]) == (404, "NOT_FOUND", "notFound")
