"""Writing a message through an inbox, and sending a test message to oneself."""

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, Send, Suppression
from nimbus.services.live_place import confirm_here, forget_places
from tests.browse import Page
from tests.factories import make_email_account, make_send
from tests.web.reading import hidden_fields, links, words

TYPED = {"to": "Bob.B@Example.com", "subject": "Lunch, grüße", "body": "At noon?\r\n\r\nAva"}


@pytest.fixture
def remove(app):
    """Remove an account behind the page's back."""

    def removed(url):
        with app.app_context(), transaction() as session:
            session.get_one(EmailAccountHealth, int(url.rpartition("/")[2])).removed_at = now()

    return removed


@pytest.fixture
def copy(app, cast):
    """A database that was restored; to be asked for before anybody looks at a page."""
    with app.app_context(), transaction() as session:
        forget_places(session)


def test_what_somebody_writes_waits_with_its_words_and_leads_to_its_page(alice, cast, ava, read):
    fields = hidden_fields(alice.get(f"{ava}/write").text)
    answer = alice.post(f"{ava}/write", TYPED | fields)
    (message,) = read(Send)

    assert (answer.status_code, answer.location) == (303, f"/messages/{message.id}")
    assert (message.state, message.kind, message.asked_by) == ("queued", "manual", cast.alice.user_id)
    assert (message.recipient, message.subject) == ("Bob.B@example.com", "Lunch, grüße")
    assert message.body == "At noon?\n\nAva"
    assert "Waiting" in words(alice.get(answer.location).text)


def test_a_form_that_is_sent_twice_sends_one_message(alice, ava, read):
    fields = hidden_fields(alice.get(f"{ava}/write").text)
    first, second = (alice.post(f"{ava}/write", TYPED | fields) for _ in range(2))

    assert first.location == second.location
    assert len(read(Send)) == 1


def test_another_message_from_the_same_form_is_asked_about_and_then_sent(alice, ava, read):
    fields = hidden_fields(alice.get(f"{ava}/write").text)
    alice.post(f"{ava}/write", TYPED | fields)
    asked = alice.post(f"{ava}/write", TYPED | fields | {"subject": "Dinner"})

    assert asked.status_code == 409
    assert "To send this one too, press Send once more." in words(asked.text)
    alice.post(f"{ava}/write", TYPED | hidden_fields(asked.text) | {"subject": "Dinner"})
    assert [message.subject for message in read(Send)] == ["Lunch, grüße", "Dinner"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("to", "", "Enter the address that the message goes to."),
        ("to", "nobody", "Enter an address like ava@example.com"),
        ("to", "ava@", "Enter an address like ava@example.com"),
        ("to", "a@b.test\r\nBcc: c@d.test", "A message goes to one address, and these look like 2."),
        (
            "to",
            ", ".join(f"p{n}@x.test" for n in range(200)),
            "A message goes to one address, and these look like 200.",
        ),
        ("to", "a\x00@b.test", "Enter an address like ava@example.com"),
        ("subject", "", "Enter a subject."),
        ("subject", "Hi\r\nBcc: c@d.test", "The subject holds a line break"),
        ("subject", "x" * 256, "The subject has 256 characters."),
        ("body", "", "Write a text."),
        ("body", " \n ", "Write something: the text is empty."),
        ("body", "a\x00b", "The text holds characters that cannot be sent"),
        ("body", "ü" * 500_001, "The text is 1.0 MB, and a message may have 1.0 MB."),
        ("body", "x" * 5_000_000, "The text is 5.0 MB, and a message may have 1.0 MB."),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_cannot_be_sent_gets_a_sentence_at_its_field_and_loses_nothing(
    alice, ava, read, field, typed, sentence
):
    answer = alice.post(f"{ava}/write", TYPED | {field: typed})
    page = Page(answer.text)

    assert answer.status_code == 422
    assert words(answer.text).count(sentence) == 2  # on top and beside the field
    assert f"{field}-error" in page.ids
    assert page.field(field)["aria-invalid"] == "true"
    for name, value in (TYPED | {field: typed}).items():
        assert _shown(page, answer.text, name) == value.replace("\r\n", "\n").replace(
            "\0", "\N{REPLACEMENT CHARACTER}"
        )
    assert read(Send) == []


def _shown(page, html, name):
    """What a field of the form holds, as a browser reads it."""
    if name != "body":
        return (
            page.field(name).get("value", "").replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
        )
    text = html.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0].removeprefix("\r\n")
    return text.replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_a_form_beyond_all_bounds_is_refused_before_it_is_read(alice, ava, read):
    answer = alice.post(f"{ava}/write", TYPED | {"body": "x" * 9_000_000})

    assert answer.status_code == 413
    assert "That was too much at once" in answer.text
    assert read(Send) == []


def test_an_address_that_wants_no_mail_is_refused_with_the_reason(alice, app, cast, ava, read):
    with app.app_context(), transaction() as session:
        no_more = {"email": "bob.b@example.com", "reason": "opt_out", "created_at": now()}
        session.add(Suppression(workspace_id=cast.alice.workspace_id, **no_more))
    answer = alice.post(f"{ava}/write", TYPED)

    assert answer.status_code == 422
    assert "this person asked for no more mail" in words(answer.text)
    assert read(Send) == []


def test_an_inbox_that_is_removed_while_somebody_writes_keeps_the_words_and_says_why(
    alice, ava, remove, read
):
    remove(ava)
    answer = alice.post(f"{ava}/write", TYPED)

    assert answer.status_code == 409
    assert "ava@acme.test was removed, and sends nothing any more. What you wrote was not sent" in words(
        answer.text
    )
    assert "At noon?" in answer.text
    assert alice.get(f"{ava}/write").status_code == 404
    assert read(Send) == []


def test_an_inbox_that_lost_its_connection_says_why_and_leads_to_the_repair(alice, make_page, read):
    url = make_page(connection_state="auth_failed", failed_legs=["smtp"])
    sentence = "ava@acme.test cannot send before it is reconnected. The server refused the password."
    page = alice.get(url)

    assert sentence in words(page.text)
    assert "Send a test message" not in page.text
    assert f"{url}/reconnect" in links(alice.get(f"{url}/write").text)
    assert alice.post(f"{url}/write", TYPED).status_code == 409
    assert sentence in words(alice.post(f"{url}/test-message", follow=True).text)
    assert read(Send) == []


def test_a_test_message_goes_to_the_inbox_itself_and_two_clicks_are_one(alice, ava, read):
    key = Page(alice.get(ava).text).field("key")["value"]
    first, second = (alice.post(f"{ava}/test-message", {"key": key}) for _ in range(2))
    (message,) = read(Send)

    assert first.location == second.location == f"/messages/{message.id}"
    assert (message.kind, message.recipient, message.state) == ("test", "ava@acme.test", "queued")
    assert "Test message by Alice" in words(alice.get(first.location).text)


def test_a_copy_that_nobody_confirmed_sends_nothing_and_keeps_the_words(copy, alice, app, ava, read):
    answer = alice.post(f"{ava}/write", TYPED)

    assert answer.status_code == 409
    assert "At noon?" in answer.text
    assert alice.post(f"{ava}/test-message").status_code == 409
    assert read(Send) == []
    with app.app_context():
        confirm_here()
    assert alice.post(f"{ava}/write", TYPED).status_code == 303


def test_a_viewer_sees_messages_and_no_way_to_write_one(app, cast, browse, ava):
    with app.app_context():
        make_send(cast.alice.workspace_id, int(ava.rpartition("/")[2]))
    vera = browse("vera")

    assert "Lunch on Thursday" in vera.get(ava).text
    for offered in ("Send a test message", "Write a message"):
        assert offered in browse("bob").get(ava).text
        assert offered not in vera.get(ava).text
    assert vera.get(f"{ava}/write").status_code == 403
    assert vera.post(f"{ava}/test-message").status_code == 403


def test_the_form_takes_the_words_of_an_earlier_message_of_its_inbox_alone(app, cast, alice, ava):
    with app.app_context():
        mine = make_send(cast.alice.workspace_id, int(ava.rpartition("/")[2]), subject="Mine")
        zoe = make_email_account(cast.charlie.workspace_id, "zoe@zenith.test")
        theirs = make_send(cast.charlie.workspace_id, zoe, subject="Theirs")

    assert 'value="Mine"' in alice.get(f"{ava}/write?like={mine}").text
    assert "Theirs" not in alice.get(f"{ava}/write?like={theirs}").text
