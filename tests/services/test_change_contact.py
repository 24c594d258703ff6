"""One contact: what is known of them can be changed, and forgotten."""

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import (
    AuditEvent,
    BookContact,
    Contact,
    ContactTag,
    InboxEvent,
    Incoming,
    Send,
    Suppression,
    Thread,
)
from nimbus.services.change_contact import (
    ContactRefused,
    NoSuchContact,
    StillOnTheWay,
    change_contact,
    erase_contact,
    leave_book,
)
from tests.factories import make_send, make_workspace
from tests.services.contacts import make_book, make_contact, make_suppression, rows
from tests.services.fetching import answer, hear_back


@pytest.fixture
def zoe(acme):
    return make_contact(
        acme, first_name="Zoe", fields={"company": "Acme", "city": "Rome"}, tags=["vip", "rome"]
    )


def test_names_fields_and_tags_are_changed_and_the_log_says_which(asker, zoe):
    change_contact(
        asker, zoe, {"first_name": " Zoë ", "company": "", "city": "Rome", "size": "9"}, "VIP, new"
    )

    [contact] = rows(Contact)
    assert (contact.first_name, contact.fields) == ("Zoë", {"city": "Rome", "size": "9"})
    assert sorted(row.tag for row in rows(ContactTag)) == ["new", "vip"]
    [line] = rows(AuditEvent)
    assert line.details == {"changed": ["company", "first_name", "size", "tags"]}


def test_what_changes_nothing_is_no_line_of_the_log(asker, zoe):
    change_contact(asker, zoe, {"first_name": "Zoe", "company": "Acme"}, "rome; vip")

    assert rows(AuditEvent) == []


@pytest.mark.parametrize(
    ("values", "tags", "field"),
    [
        ({"first_name": "x" * 1001}, "", "first_name"),
        ({"company": "a\0b"}, "", "company"),
        ({"email": "new@example.com"}, "", "email"),
        ({"No Name": "x"}, "", "No Name"),
        ({}, "t" * 41, "tags"),
    ],
)
def test_a_value_that_a_contact_cannot_hold_changes_nothing(asker, zoe, values, tags, field):
    with pytest.raises(ContactRefused) as refused:
        change_contact(asker, zoe, values, tags)

    assert refused.value.field == field
    assert (rows(Contact)[0].first_name, len(rows(ContactTag))) == ("Zoe", 2)


def test_a_contact_leaves_a_book_and_stays(asker, acme):
    book = make_book(acme)
    zoe = make_contact(acme, book_id=book)

    leave_book(asker, zoe, book)
    leave_book(asker, zoe, book)

    assert (len(rows(BookContact)), len(rows(Contact))) == (0, 1)


@pytest.fixture
def written(acme, ava):
    """A message to Zoe with what was heard of it, and one to Bo."""
    sent = make_send(
        acme, ava, state="sent", recipient="Zoe@example.com", body="Dear Zoe", message=b"To: Zoe"
    )
    make_send(acme, ava, state="sent", recipient="bo@example.com", body="Dear Bo")
    heard = {
        "kind": "permanent",
        "cause": "x",
        "at": now(),
        "heard_at": now(),
        "detail": "550 zoe@example.com",
    }
    with transaction() as session:
        session.add(InboxEvent(workspace_id=acme, account_id=ava, send_id=sent, **heard))


def test_erasing_forgets_the_person_and_keeps_that_something_was_sent(asker, acme, zoe, written):
    make_suppression(acme, reason="opt_out")

    erase_contact(asker, zoe)

    assert rows(Contact) == rows(ContactTag) == []
    gone, stays = rows(Send)
    assert (gone.recipient, gone.subject, gone.body, gone.message) == ("erased", "", "", None)
    assert (gone.state, stays.body) == ("sent", "Dear Bo")
    assert rows(InboxEvent)[0].detail is None
    assert [row.email for row in rows(Suppression)] == ["zoe@example.com"]
    assert [(line.action, line.object_name) for line in rows(AuditEvent)] == [("contact_erased", "erased")]


def test_erasing_forgets_what_a_person_wrote_and_keeps_what_others_did(asker, acme, ava, zoe):
    for name in ("zoe", "bo"):
        left = {"state": "sent", "in_data_at": now(), "message_id": f"<{name}@acme.test>"}
        make_send(acme, ava, kind="manual", recipient=f"{name.title()}@example.com", **left)
    hear_back(
        ava,
        answer("<zoe@acme.test>", "Yes, Zoe.", sender="zoe@example.com"),
        answer("<bo@acme.test>", "Yes, Bo.", sender="bo@example.com"),
        answer("<bo@acme.test>", "Bo asked me, Zoe.", sender="zoe@example.com"),
    )

    erase_contact(asker, zoe)

    [stays] = rows(Thread)
    assert stays.address == "Bo@example.com"
    came = [(each.sender, each.reply_text, each.thread_id) for each in rows(Incoming)]
    assert came == [("", None, None), ("bo@example.com", "Yes, Bo.", stays.id), ("", None, None)]


def test_what_others_wrote_in_a_conversation_with_who_is_erased_stands_in_none(asker, acme, ava, zoe):
    left = {"state": "sent", "in_data_at": now(), "message_id": "<zoe@acme.test>"}
    make_send(acme, ava, kind="manual", recipient="zoe@example.com", **left)
    [came] = hear_back(ava, answer("<zoe@acme.test>", "Ask me instead.", sender="bo@example.com"))
    with transaction() as session:
        session.get_one(Incoming, came.id).send_id = None

    erase_contact(asker, zoe)

    assert rows(Thread) == []
    assert [(each.reply_text, each.thread_id) for each in rows(Incoming)] == [("Ask me instead.", None)]


@pytest.mark.parametrize("state", ["queued", "claimed", "in_data", "ambiguous"])
def test_nobody_is_erased_while_a_message_to_them_is_not_at_its_end(asker, acme, ava, zoe, state):
    make_send(acme, ava, state=state, recipient="zoe@example.com")

    with pytest.raises(StillOnTheWay, match="A message to this person is still on the way"):
        erase_contact(asker, zoe)
    assert len(rows(Contact)) == 1


def test_a_contact_of_another_workspace_is_none(asker, acme):
    theirs = make_contact(make_workspace("Zenith"))

    for attempt in (
        lambda: change_contact(asker, theirs, {"first_name": "X"}, ""),
        lambda: erase_contact(asker, theirs),
        lambda: leave_book(asker, theirs, 1),
    ):
        with pytest.raises(NoSuchContact):
            attempt()
    assert rows(Contact)[0].first_name == ""
