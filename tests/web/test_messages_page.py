"""One message's page: what happened with the server's own words, why it waits or failed, and what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus import queues
from nimbus.clock import now
from nimbus.models import Send
from nimbus.queue_server import queue_url
from nimbus.web.message_view import MOST_SHOWN
from tests.browse import Page
from tests.factories import make_email_account, make_send
from tests.web.reading import links, same_part, without_token, words

STORED = (
    b"From: Ava Able <ava@acme.test>\r\nTo: bob@example.com\r\nSubject: Lunch\r\nMessage-ID: <1@acme.test>\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    b"Gr=C3=BC=C3=9Fe, as it left\r\n"
)
REFUSED = "550 5.1.1 <bob@example.com>: User unknown"


@pytest.fixture
def message(app, cast):
    """Make a message of Ava's inbox, of another state; gives its page's address."""

    def made(*, inbox=None, line=None, **values):
        with app.app_context():
            ava = make_email_account(cast.alice.workspace_id, **inbox or {})
            timeline = [[now().isoformat(), *line]] if line else []
            values = {"asked_by": cast.alice.user_id, "timeline": timeline} | values
            return f"/messages/{make_send(cast.alice.workspace_id, ava, **values)}"

    return made


@pytest.fixture
def moment(app):
    with app.app_context():
        return now()


def polls(html):
    """How often the page asks again, or None."""
    part = next(attrs for _, attrs in Page(html).tags if attrs.get("id") == "message")
    return part.get("hx-trigger")


def test_a_sent_message_shows_the_servers_words_and_the_message_as_it_left(alice, message):
    line = ("sent", "The server accepted the message.", "250 2.0.0 Ok: queued as 4XyZ")
    url = message(state="sent", line=line, message=STORED, copy_state="kept", kind="test")
    page = alice.get(url).text

    assert "Sent Test message by Alice, just now" in words(page)
    assert "The server accepted the message. The server said: 250 2.0.0 Ok: queued as 4XyZ" in words(page)
    assert "It is in the Sent folder." in page
    assert "Grüße, as it left" in page
    assert "Message-ID: &lt;1@acme.test&gt;" in page.partition("<details")[2].partition("</details>")[0]
    assert polls(page) is None


def test_a_message_that_waits_says_for_what_and_until_when(alice, message, moment):
    why = "ava@acme.test cools down until 14:20 on 3 Mar."
    page = alice.get(message(reason=why, due_at=moment + timedelta(hours=2))).text

    assert f"Waiting: {why}" in words(page)
    assert "It is tried in 2 h , at " in words(page)
    assert "You can close this page." in page
    assert "Its headers are written when it leaves." in page
    assert polls(page) == "every 30s"


def test_a_message_that_waits_for_its_inbox_leads_to_the_repair(alice, message, browse):
    url = message(inbox={"connection_state": "auth_failed"}, reason="ava@acme.test must be reconnected.")

    assert "/email-accounts/1/reconnect" in links(alice.get(url).text)
    assert "/email-accounts/1/reconnect" not in links(browse("vera").get(url).text)


def test_without_a_worker_the_page_gives_the_command_and_with_one_it_does_not(app, alice, message, moment):
    url = message(due_at=moment - timedelta(seconds=6))
    assert "None is running for sending. Start it with this command. make worker" in words(
        alice.get(url).text
    )

    connection = queues.connect(queue_url(app.extensions["nimbus.settings"]))
    queues.beat(connection, queues.WorkerSeen("w", (queues.SYNC,), "idle", datetime.now(UTC)))
    assert "make worker" in alice.get(url).text
    queues.beat(connection, queues.WorkerSeen("x", (queues.SEND,), "idle", datetime.now(UTC)))
    assert "make worker" not in alice.get(url).text
    assert "A worker takes it in a moment." in alice.get(url).text


@pytest.mark.parametrize("state", ["claimed", "in_data"])
def test_a_message_that_is_being_sent_is_followed_and_a_lost_worker_is_said(
    alice, message, clock, moment, state
):
    url = message(state=state, owner="w", lease_until=moment + timedelta(seconds=60))
    assert "Sending" in words(alice.get(url).text)
    assert "The worker that had it stopped" not in alice.get(url).text
    assert polls(alice.get(url).text) == "every 1s"

    clock.advance(seconds=61)
    assert "The worker that had it stopped. Within a minute another looks after it." in alice.get(url).text


def test_a_refused_message_says_why_in_plain_and_in_the_servers_words_and_can_be_changed(alice, message):
    why = "bob@example.com does not exist. Check its spelling."
    refused = {"category": "hard_invalid", "reason": why, "server_line": REFUSED}
    page = alice.get(message(state="failed", line=("failed", why, REFUSED), **refused)).text

    assert f"Not sent: {why}" in words(page)
    assert words(page).count("550 5.1.1") == 1
    assert "/email-accounts/1/write?like=1" in links(page)
    assert polls(page) is None


@pytest.mark.parametrize("kind", ["manual", "test"])
def test_a_message_that_waited_for_too_long_says_for_what_and_can_be_sent_again(alice, browse, message, kind):
    why = "It could not be sent within 3 days: ava@acme.test must be reconnected. The server refused the password."
    ended = {"state": "failed", "category": "expired", "reason": why, "kind": kind}
    url = message(inbox={"connection_state": "auth_failed"}, **ended)
    page = alice.get(url).text

    assert f"Not sent: {why}" in words(page)
    assert "/email-accounts/1/reconnect" in links(page)
    assert "Send again" in words(page)
    assert "Send again" not in words(browse("vera").get(url).text)
    again = alice.post(f"{url}/decision", data={"decision": "again"})
    assert again.location == "/messages/2"
    assert "Alice sent message 1 again, which could not leave in time." in words(
        alice.get("/messages/2").text
    )
    assert "Alice sent it again as message 2." in words(alice.get(url).text)


def test_a_message_of_a_removed_inbox_that_waited_for_too_long_cannot_be_sent_again(alice, message, moment):
    url = message(inbox={"removed_at": moment}, state="failed", category="expired", reason="Too late.")

    assert "Send again" not in words(alice.get(url).text)


def test_a_sign_in_that_was_refused_leads_to_reconnecting(alice, message):
    url = message(state="failed", category="auth_login", reason="The server does not let this inbox sign in.")

    assert "/email-accounts/1/reconnect" in links(alice.get(url).text)


def test_a_message_of_a_removed_inbox_is_still_there_and_leads_nowhere(alice, message, moment):
    gone = "ava@acme.test was removed before this message could leave."
    url = message(inbox={"removed_at": moment}, state="failed", category="account_removed", reason=gone)
    page = alice.get(url)

    assert gone in words(page.text)
    assert "From ava@acme.test removed" in words(page.text)
    assert not [link for link in links(page.text) if link.startswith("/email-accounts/1")]


def test_a_doubt_says_what_it_means_and_what_happens_next(alice, message, moment, browse):
    why = "The worker stopped while the message was handed over, so it may have been sent."
    looking = message(state="ambiguous", reason=why, next_look_at=moment + timedelta(minutes=5))
    page = words(alice.get(looking).text)

    assert f"In doubt: {why}" in page
    assert "NimbusOS does not send it a second time by itself." in page
    assert "The Sent folder is read in 5 min . If it is there, this is settled by itself." in page
    assert "It was sent Send again It was not sent" in page
    assert polls(alice.get(looking).text)
    assert "Owners, admins and operators can decide." in words(browse("vera").get(looking).text)


def test_a_doubt_that_no_folder_settled_waits_for_a_person_and_asks_no_more(alice, message):
    page = alice.get(message(state="ambiguous", reason="It may have been sent.", looks=3)).text

    assert "The Sent folder did not tell NimbusOS, which proves nothing" in words(page)
    assert polls(page) is None


@pytest.mark.parametrize(
    ("decision", "state", "word"), [("sent", "sent", "Sent"), ("not_sent", "failed", "Not sent")]
)
def test_a_person_ends_a_doubt_once_and_the_page_says_who(alice, message, read, decision, state, word):
    url = message(state="ambiguous", reason="It may have been sent.")
    page = words(alice.post(f"{url}/decision", {"decision": decision}, follow=True).text)

    assert [each.state for each in read(Send)] == [state]
    assert f"{word}: Alice says that it was" in page
    again = words(alice.post(f"{url}/decision", {"decision": "sent"}, follow=True).text)
    assert "This has been decided already." in again
    assert [each.state for each in read(Send)] == [state]


def test_send_again_makes_one_new_message_however_often_it_is_pressed(alice, message, read):
    url = message(state="ambiguous", reason="It may have been sent.")
    answers = [alice.post(f"{url}/decision", {"decision": "again"}) for _ in range(2)]
    old, new = read(Send)

    assert {answer.location for answer in answers} == {f"/messages/{new.id}"}
    assert (old.state, new.state, new.recipient, new.body) == ("failed", "queued", old.recipient, old.body)
    assert "Change it and send again" not in alice.get(url).text


def test_a_decision_that_no_button_sends_changes_nothing(alice, message, read, browse):
    url = message(state="ambiguous")

    assert alice.post(f"{url}/decision", {"decision": "maybe"}).status_code == 400
    assert alice.post(f"{url}/decision").status_code == 400
    assert browse("vera").post(f"{url}/decision", {"decision": "sent"}).status_code == 403
    assert [each.state for each in read(Send)] == ["ambiguous"]


def test_what_refreshes_is_the_same_part_of_the_page(alice, message):
    url = message()

    assert same_part(alice.get(url, htmx=True).text, alice.get(url).text)


def test_another_workspaces_message_answers_like_a_missing_one(message, browse):
    url, charlie = message(), browse("charlie")
    theirs, missing = charlie.get(url), charlie.get("/messages/999")

    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert without_token(theirs.text) == without_token(missing.text)
    assert charlie.post(f"{url}/decision", {"decision": "sent"}).status_code == 404


def test_a_long_text_is_shown_in_part_and_what_it_holds_is_never_markup(alice, message):
    page = alice.get(message(body="<script>" + "x" * MOST_SHOWN, subject="<b>", reason="<i>")).text

    assert "<script>xxx" not in page
    assert "&lt;script&gt;xxx" in page
    assert f"These are the first {MOST_SHOWN:,} of {MOST_SHOWN + 8:,} characters." in words(page)


def test_without_a_script_the_page_asks_again_until_nothing_changes_any_more(alice, message):
    assert 'http-equiv="refresh"' in alice.get(message()).text
    assert 'http-equiv="refresh"' not in alice.get(message(inbox={"email": "b@acme.test"}, state="sent")).text
