"""The list of conversations over all inboxes, and the inboxes that nothing comes in from."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    InboxSync,
    MailServer,
    SyncFolder,
    Thread,
)
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.tag_changes import set_tags
from tests.factories import make_email_account, make_send
from tests.services.fetching import report
from tests.web.conftest import OURS, ZOE
from tests.web.reading import hidden_fields, links, same_part, words


def test_a_conversation_is_listed_with_its_class_and_counted_until_it_is_done(alice, thread):
    url = thread()
    page = alice.get("/replies").text

    assert "Interested zoe@beta.test Hello Sounds good. To ava@acme.test" in words(page)
    assert "Replies 1" in words(page)
    answered = alice.post(f"{url}/done", hidden_fields(alice.get(url).text) | {"done": "1"})
    assert answered.location == "/replies"
    assert "Nobody waits for you" in words(alice.get("/replies").text)
    assert "zoe@beta.test" in words(alice.get("/replies?state=done").text)


def test_what_is_done_can_be_opened_again(alice, thread, read):
    url = thread()
    alice.post(f"{url}/done", {"done": "1"})

    alice.post(f"{url}/done", {"done": "0"})

    assert [row.done_at for row in read(Thread)] == [None]
    assert "Mark as done" in words(alice.get(url).text)


def test_filters_narrow_the_list_and_stand_in_its_address(app, alice, cast, thread):
    thread()
    thread(email="bob@acme.test", message_id="<b@acme.test>", recipient="yan@beta.test")
    with app.app_context():
        person = cast.alice
        asker = Asker(person.workspace_id, person.user_id, "Alice", Role.OWNER, "")
        set_tags(asker, 2, tags=[], clients=["Orbit"])

    for query in ("inbox=2", "client=orbit", "inbox=2&class=interested"):
        page = words(alice.get(f"/replies?{query}").text)
        assert "yan@beta.test" in page
        assert ZOE not in page
    assert "No conversation matches" in words(alice.get("/replies?class=bounce").text)
    assert "All classes" in words(alice.get("/replies?class=no&inbox=x&before=9-x&campaign=99999999999").text)


def test_the_list_alone_is_the_part_of_the_page(alice, thread):
    thread()

    assert same_part(alice.get("/replies", htmx=True).text, alice.get("/replies").text)


def test_more_than_a_page_is_walked_by_links(app, alice, cast, thread):
    thread()
    with app.app_context(), transaction() as session:
        mine = {
            "workspace_id": cast.alice.workspace_id,
            "account_id": 1,
            "subject": "Hi",
            "reply_class": "other",
        }
        session.add_all(
            Thread(**mine, address=f"p{number}@x.test", last_at=now(), last_id=0) for number in range(50)
        )

    [older] = [link for link in links(alice.get("/replies").text) if "before=" in link]
    page = alice.get(older).text
    assert ZOE in words(page)
    assert "/replies" in links(page)
    assert "Nothing is older" in words(alice.get("/replies?before=1-1").text)


def test_the_page_without_an_inbox_leads_to_connecting_one(alice):
    assert "Replies land here. They are read from the inboxes that are connected, and none is." in words(
        alice.get("/replies").text
    )


def test_inboxes_that_do_not_sync_are_named_with_the_fix(alice, make, change):
    lost = make(make_email_account, "lost@acme.test", connection_state="auth_failed")
    make(make_email_account, "api@acme.test", provider="gmail", legs=(), sync_problem="Google is away.")
    folder = make(make_email_account, "folder@acme.test", failed_legs=("imap",))
    change(MailServer, MailServer.leg == "imap", MailServer.account_id == folder, failure_code="folder")
    make(make_email_account, "refused@acme.test", failed_legs=("imap",))
    make(make_email_account, "well@acme.test")
    page = alice.get("/replies").text

    assert "Replies do not come in from 4 inboxes" in words(page)
    assert "folder@acme.test Folder not found. There is no folder called “INBOX” in this mailbox." in words(
        page
    )
    assert "Choose the folder of folder@acme.test" in words(page)
    assert "api@acme.test Google is away. See why" in words(page)
    assert {f"/email-accounts/{folder}#replies", f"/email-accounts/{lost}/reconnect"} <= set(links(page))
    assert "well@acme.test" not in words(page)


@pytest.mark.claim("C61", partly=True)
def test_an_inbox_that_reads_an_empty_folder_is_named_with_the_one_that_holds_mail(app, alice, cast, make):
    account_id = make(make_email_account, "german@acme.test")
    mine = {"workspace_id": cast.alice.workspace_id, "account_id": account_id}
    folders = [["INBOX", "inbox", 0], ["Posteingang", "inbox", 12]]
    with app.app_context(), transaction() as session:
        session.add(InboxSync(**mine, next_at=now(), synced_at=now(), folders=folders))
        session.add(SyncFolder(**mine, role="inbox", name="INBOX"))

    page = words(alice.get("/replies").text)
    assert "german@acme.test “INBOX” is read and empty, and “Posteingang” holds 12. Choose the folder" in page
    assert "Last sync just now , from 1 of 1 inbox within the last half hour." in page


def test_a_bounce_stands_among_what_is_done_with_its_evidence(alice, thread):
    url = thread(report(OURS, ZOE))

    assert ZOE not in words(alice.get("/replies").text)
    assert "Bounce zoe@beta.test" in words(alice.get("/replies?state=all").text)
    page = words(alice.get(url).text)
    assert "Answer 550 5.1.1 User unknown" in page
    assert "nobody has to look at it" in page


@pytest.fixture
def asked(app):
    """How many statements a page needs."""

    def count(alice, url):
        statements = []
        with app.app_context():
            engine = db.engine
        listen = (engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
        sa.event.listen(*listen)
        alice.get(url)
        sa.event.remove(*listen)
        return len(statements)

    return count


def test_long_lists_and_conversations_ask_the_database_no_oftener(alice, thread, make, asked):
    url = thread()
    alice.get("/replies")  # the first look notes when she was last here
    few = [asked(alice, page) for page in ("/replies", url, "/deliverability/figures")]
    for number in range(12):
        thread(email=f"in{number}@acme.test", message_id=f"<{number}@x.test>", recipient=f"p{number}@y.test")
        make(make_send, 1, state="sent", recipient=ZOE)

    assert [asked(alice, page) for page in ("/replies", url, "/deliverability/figures")] == few
