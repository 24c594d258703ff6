"""The practice Graph sends as the published one: MIME and JSON, answers and drafts, and what it refuses."""

import base64
import email
from email import policy

import pytest
import requests

from nimbus.sandbox.world import System
from tests.sandbox.microsoft_client import letter, refusal


@pytest.fixture
def bert(world):
    return world.add("bert@example.net", name="Bert", system=System.MAIL)


@pytest.fixture
def inbox_item(writing_graph, receive):
    """The id of a message that Bert has written to Mia."""
    receive("Question", Message_ID="<question@example.net>", References="<earlier@example.net>")
    return writing_graph.listed()[0]["id"]


def last(mailbox):
    """The newest message of a mailbox, read by an independent parser."""
    return email.message_from_bytes(mailbox.messages[-1].raw, policy=policy.default)


def test_mime_is_taken_with_an_empty_202_and_arrives_as_it_was(graph, bert):
    extra = {
        "Message_ID": "<a@contoso.example>",
        "X_NimbusOS_Send": "7",
        "List_Unsubscribe": "<mailto:u@contoso.example>",
    }
    response = graph.send(letter("Grüße", to=bert.address, **extra))
    arrived = last(bert)

    assert (response.status_code, response.content) == (202, b"")
    assert "Location" not in response.headers
    assert (arrived["Message-ID"], arrived["X-NimbusOS-Send"]) == ("<a@contoso.example>", "7")
    assert (arrived["Subject"], arrived["List-Unsubscribe"]) == ("Grüße", "<mailto:u@contoso.example>")


def test_the_sent_copy_is_found_by_its_message_id(graph):
    graph.send(letter(Message_ID="<o'neil@contoso.example>"))

    query = {
        "$filter": "internetMessageId eq '<o''neil@contoso.example>'",
        "$select": "id,conversationId,internetMessageId",
    }
    found = graph.listed("sentitems", **query)

    assert [item["internetMessageId"] for item in found] == ["<o'neil@contoso.example>"]
    assert found[0].keys() == {"@odata.etag", "id", "conversationId", "internetMessageId"}


def test_the_sent_copy_can_come_late_and_with_another_message_id(graph, mia, bert, clock):
    mia.faults.set("late_copy", seconds=20)
    mia.faults.set("rewritten_message_id")
    graph.send(letter(to=bert.address, Message_ID="<a@contoso.example>", X_NimbusOS_Send="7"))
    assert graph.listed("sentitems") == []
    clock.advance(seconds=21)

    [copy] = graph.listed("sentitems", **{"$select": "internetMessageId,internetMessageHeaders"})

    assert copy["internetMessageId"].endswith("prod.outlook.com>")
    assert copy["internetMessageId"] == last(bert)["Message-ID"]
    assert {"name": "X-NimbusOS-Send", "value": "7"} in copy["internetMessageHeaders"]


def test_base64_must_be_the_standard_one(graph):
    raw = letter("Ã¿¿>>>???")
    raw = raw + b"\xff\xfe\xfb\xef\xff" * 9
    encoded = base64.urlsafe_b64encode(raw)
    assert set(encoded) & set(b"-_")

    error = refusal(graph.send(encoded, encode=bytes), 400, "ErrorMimeContentInvalidBase64String")

    assert error["message"] == "Invalid base64 string for MIME content."
    assert graph.send(raw).status_code == 202


@pytest.mark.parametrize(
    ("raw", "code", "status"),
    [
        (b"no message at all", "ErrorMimeContentInvalid", 400),
        (letter(to=""), "ErrorInvalidRecipients", 400),
        (letter(to="nobody"), "ErrorInvalidRecipients", 400),
        (letter(sender="bert@example.net"), "ErrorSendAsDenied", 403),
        (letter() + b"x" * (4 * 1024 * 1024), "ErrorMessageSizeExceeded", 413),
    ],
)
def test_what_cannot_be_sent_is_refused(graph, mia, raw, code, status):
    refusal(graph.send(raw), status, code)

    assert mia.messages == []


def test_what_a_message_lacks_is_added(graph, bert):
    graph.send(b"To: bert@example.net\n\nHello\n")

    assert last(bert)["From"] == "Mia Example <mia@contoso.example>"
    assert last(bert)["Message-ID"].endswith("prod.outlook.com>")
    assert last(bert)["Date"]


def test_json_is_sent_with_custom_headers_of_its_kind_alone(graph, mia, bert):
    message = {
        "subject": "Hi",
        "body": {"contentType": "HTML", "content": "<p>Hello</p>"},
        "toRecipients": [{"emailAddress": {"address": bert.address, "name": "Bert"}}],
        "internetMessageHeaders": [{"name": "x-nimbus-id", "value": "42"}],
    }
    assert graph.post("/me/sendMail", {"message": message, "saveToSentItems": False}).status_code == 202
    assert (last(bert)["x-nimbus-id"], last(bert).get_content_type()) == ("42", "text/html")
    assert mia.messages == []

    message["internetMessageHeaders"] = [{"name": "In-Reply-To", "value": "<a@b>"}]
    error = refusal(graph.post("/me/sendMail", {"message": message}), 400, "InvalidInternetMessageHeader")
    assert (
        error["message"] == "The internet message header name 'In-Reply-To' should start with 'x-' or 'X-'."
    )


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"message": "Hi"},
        {"message": {"toRecipients": ["bert@example.net"]}},
        {"message": {"body": {"contentType": "HTML"}}},
        {"message": {"subject": 7}},
        {"message": {"internetMessageHeaders": [{"name": "x-a"}]}},
        {"message": {}, "saveToSentItems": "yes"},
    ],
)
def test_json_of_another_form_is_refused(graph, body):
    refusal(graph.post("/me/sendMail", body), 400, "RequestBodyRead")


def test_a_reply_goes_to_the_sender_and_says_what_it_follows(writing_graph, bert, inbox_item):
    assert writing_graph.post(f"/me/messages/{inbox_item}/reply", {"comment": "Yes"}).status_code == 202

    assert (last(bert)["To"], last(bert)["Subject"]) == ("Bert <bert@example.net>", "Re: Question")
    assert last(bert)["In-Reply-To"] == "<question@example.net>"
    assert last(bert)["References"] == "<earlier@example.net> <question@example.net>"
    assert last(bert).get_content().strip() == "Yes"
    conversations = {item["conversationId"] for item in writing_graph.get("/me/messages").json()["value"]}
    assert len(conversations) == 1


def test_a_reply_can_be_mime(writing_graph, bert, inbox_item):
    assert (
        writing_graph.send(
            letter("Re: Question", to=bert.address), f"/me/messages/{inbox_item}/reply"
        ).status_code
        == 202
    )

    assert last(bert)["In-Reply-To"] == "<question@example.net>"


def test_a_reply_cannot_have_a_comment_and_a_body(graph, inbox_item):
    wish = {"comment": "Yes", "message": {"body": {"content": "No"}}}

    refusal(graph.post(f"/me/messages/{inbox_item}/reply", wish), 400, "BadRequest")


def test_a_draft_is_made_changed_and_sent_under_a_new_id(writing_graph, bert, inbox_item):
    made = writing_graph.call("POST", f"/me/messages/{inbox_item}/createReply")
    draft = made.json()
    assert (made.status_code, draft["isDraft"], draft["subject"]) == (201, True, "Re: Question")

    path = f"/me/messages/{draft['id']}"
    changed = writing_graph.call(
        "PATCH", path, json={"body": {"contentType": "text", "content": "Yes"}, "subject": "Ah"}
    )
    assert (changed.json()["subject"], changed.json()["body"]["content"].strip()) == ("Ah", "Yes")
    sent = writing_graph.call("POST", f"{path}/send")

    assert (sent.status_code, sent.content) == (202, b"")
    assert last(bert)["In-Reply-To"] == "<question@example.net>"
    refusal(writing_graph.get(path), 404, "ErrorItemNotFound")
    assert [item["subject"] for item in writing_graph.listed("sentitems")] == ["Ah"]


def test_only_drafts_can_be_sent_by_their_id(writing_graph, inbox_item):
    refusal(writing_graph.call("POST", f"/me/messages/{inbox_item}/send"), 400, "ErrorInvalidOperation")


def test_a_message_can_be_taken_and_the_answer_lost(graph, mia, bert):
    mia.faults.set("cut_after_acceptance", times=1)

    with pytest.raises(requests.ConnectionError):
        graph.send(letter(to=bert.address))
    assert last(bert)["Subject"] == "Hello"
    assert len(graph.listed("sentitems")) == 1


def test_a_daily_cap_meets_sending_alone_and_is_worded_by_the_kind_of_account(microsoft, graph, mia, olga):
    for mailbox in (mia, olga):
        mailbox.faults.set("daily_cap")

    work = refusal(graph.send(letter()), 429, "ErrorExceededMessageLimit")
    personal = refusal(microsoft.graph(olga.address).send(letter()), 429, "ErrorExceededMessageLimit")

    assert "Daily Message/Recipient limit" in work["message"]
    assert "verify your account" in personal["message"]
    assert graph.get("/me").status_code == 200


def test_a_counted_day_is_full_for_twenty_four_hours(microsoft, graph, mia, clock):
    mia.faults.set("send_counter", limit=2)
    answers = [graph.send(letter()).status_code for _ in range(3)]
    clock.advance(hours=25)

    assert answers == [202, 202, 429]
    assert microsoft.graph().send(letter()).status_code == 202


def test_an_unknown_address_of_this_world_comes_back_as_a_bounce(graph, bert):
    graph.send(letter(to="nobody@example.net", Message_ID="<a@contoso.example>"))

    [bounce] = graph.listed()
    assert bounce["subject"].startswith("Undeliverable")
