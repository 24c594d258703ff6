"""Letting a message that waits leave through another inbox: who is offered what, and what the pages say."""

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, Send
from tests.browse import Page
from tests.factories import make_email_account, make_send
from tests.web.reading import hidden_fields, links, words

WHY = "ann@acme.test must be reconnected. The sign-in was revoked."


@pytest.fixture
def make(app, cast):
    """Make a message of Ann's lost inbox that waits; gives its page's address."""

    def made(**values):
        with app.app_context():
            lost = {"connection_state": "auth_revoked"}
            ann = make_email_account(cast.alice.workspace_id, "ann@acme.test", **lost)
            return f"/messages/{make_send(cast.alice.workspace_id, ann, **{'reason': WHY} | values)}"

    return made


@pytest.fixture
def message(make):
    return make()


@pytest.fixture
def add(app, cast):
    """Add an inbox to Alice's workspace; gives its id as forms have it."""

    def added(email, **values):
        with app.app_context():
            return str(make_email_account(cast.alice.workspace_id, email, **values))

    return added


def test_a_message_that_waits_is_moved_to_the_inbox_that_is_chosen(alice, message, add, read):
    bob = add("bob@acme.test")
    assert f"{message}/inbox" in links(alice.get(message).text)
    form = alice.get(f"{message}/inbox").text
    assert "waits at ann@acme.test. No server has taken it. " + WHY in words(form)

    page = alice.post(f"{message}/inbox", hidden_fields(form) | {"inbox": bob}, follow=True)

    assert "It leaves through bob@acme.test as soon as that inbox may send." in page.text
    assert "Alice moved it from ann@acme.test to bob@acme.test." in words(page.text)
    assert [send.account_id for send in read(Send)] == [int(bob)]
    assert f"{message}/inbox" not in links(page.text)


def test_the_inboxes_that_could_send_it_are_offered_with_their_state_the_best_first(alice, message, add):
    off = add("off@acme.test", is_active=False)
    add("lost@acme.test", connection_state="auth_failed")
    bob = add("bob@acme.test")

    html = alice.get(f"{message}/inbox").text

    assert [attrs["value"] for tag, attrs in Page(html).tags if tag == "option"] == [bob, off]
    assert "bob@acme.test off@acme.test (out of rotation)" in words(html)


def test_without_another_inbox_that_can_send_the_page_says_so_and_what_to_do(alice, message, add):
    add("lost@acme.test", connection_state="auth_failed")

    page = alice.get(f"{message}/inbox").text

    assert "No other inbox can send now" in page
    assert {"/email-accounts/connect", "/email-accounts"} <= set(links(page))


@pytest.mark.parametrize("typed", ["", "999999", "x", "1", "\x00"])
def test_what_is_no_choice_gets_a_sentence_at_the_list_and_moves_nothing(alice, message, add, read, typed):
    add("bob@acme.test")
    fields = hidden_fields(alice.get(f"{message}/inbox").text)

    answer = alice.post(f"{message}/inbox", fields | {"inbox": typed})

    assert answer.status_code == 422
    assert words(answer.text).count("That inbox cannot send now. Choose one from the list.") == 2
    assert Page(answer.text).field("inbox")["aria-invalid"] == "true"
    assert [send.account_id for send in read(Send)] == [1]


def test_two_clicks_are_one_and_another_persons_choice_is_not_undone(alice, browse, message, add, read):
    bob, cy = add("bob@acme.test"), add("cy@acme.test")
    form = hidden_fields(alice.get(f"{message}/inbox").text)

    for _ in range(2):
        alice.post(f"{message}/inbox", form | {"inbox": bob})
        assert "It leaves through bob@acme.test" in alice.get(message).text
    late = browse("adam").post(f"{message}/inbox", form | {"inbox": cy}, follow=True)

    assert "It does not wait at that inbox any more" in late.text
    assert [send.account_id for send in read(Send)] == [int(bob)]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": "sent"}, "It does not wait at that inbox any more"),
        ({"kind": "test"}, "Only what somebody wrote can be moved"),
        ({"timeline": [["2026-03-01T00:00:00+00:00", "ambiguous", "Doubt.", ""]]}, "It was in doubt before"),
    ],
)
def test_what_cannot_be_moved_has_no_way_there_and_says_why(alice, make, values, sentence):
    url = make(**values)

    assert f"{url}/inbox" not in links(alice.get(url).text)
    assert sentence in alice.get(f"{url}/inbox", follow_redirects=True).text


def test_who_may_not_write_is_not_offered_to_move(browse, message):
    vera = browse("vera")

    assert f"{message}/inbox" not in links(vera.get(message).text)
    assert vera.get(f"{message}/inbox").status_code == 403


def test_an_inbox_that_was_removed_meanwhile_is_no_choice_any_more(alice, app, message, add):
    bob = add("bob@acme.test")
    form = hidden_fields(alice.get(f"{message}/inbox").text)
    with app.app_context(), transaction() as session:
        session.get_one(EmailAccountHealth, int(bob)).removed_at = now()

    answer = alice.post(f"{message}/inbox", form | {"inbox": bob})

    assert answer.status_code == 422
    assert "No other inbox can send now" in answer.text
