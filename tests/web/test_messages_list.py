"""Messages in lists: all of a workspace, an inbox's newest ten, those in doubt at home and on /system."""

from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Membership, Role, Send, User
from tests.browse import Page
from tests.factories import make_email_account, make_send
from tests.web.reading import links, same_part, words


@pytest.fixture
def send(app, cast):
    """Make a message of an inbox of a workspace, Alice's unless told otherwise; gives its id."""

    def made(inbox="ava@acme.test", *, of="alice", count=1, **values):
        workspace_id = cast.people[of].workspace_id
        with app.app_context():
            account = made.inboxes.get(inbox) or make_email_account(workspace_id, inbox)
            made.inboxes[inbox] = account
            return [make_send(workspace_id, account, **values) for _ in range(count)][-1]

    made.inboxes = {}
    return made


@pytest.fixture
def olga(app, cast, browse):
    """Alice, who runs the installation too."""
    with app.app_context(), transaction() as session:
        session.get_one(User, cast.alice.user_id).owns_instance = True
    return browse("alice")


def messages(html):
    """The messages that a page's lists lead to."""
    return [int(link.rpartition("/")[2]) for link in links(html) if link.removeprefix("/messages/").isdigit()]


def test_a_list_without_messages_says_what_comes_here_and_where_it_begins(alice):
    page = alice.get("/messages")

    assert "No message yet" in page.text
    assert "/email-accounts" in links(page.text)


def test_messages_are_listed_with_state_reason_recipient_and_inbox(alice, send):
    send(subject="First", state="failed", reason="The address does not exist.")
    send("bob@acme.test", subject="Second", recipient="zoe@x.test", state="sent", reason="not shown")
    page = words(alice.get("/messages").text)

    second = "Sent Second To zoe@x.test from bob@acme.test just now"
    assert (
        f"{second} Not sent First To bob@example.com from ava@acme.test The address does not exist." in page
    )


def test_a_list_is_narrowed_to_a_state_and_an_inbox_and_keeps_both_in_its_links(alice, send):
    waiting, leaving, his = send(), send(state="in_data"), send("bob@acme.test", state="claimed")
    ava = send.inboxes["ava@acme.test"]

    assert messages(alice.get("/messages?state=claimed").text) == [his, leaving]
    page = alice.get(f"/messages?account={ava}&state=queued").text
    assert messages(page) == [waiting]
    assert f"/messages?account={ava}&state=ambiguous" in links(page)
    assert "/messages?state=queued" in links(page)
    assert "None is in this state: in doubt." in alice.get("/messages?state=ambiguous").text
    assert messages(alice.get("/messages?state=nonsense&account=x&before=y").text) == [his, leaving, waiting]


def test_pages_lead_to_what_is_older_and_back(alice, send):
    last = send(count=51)
    first_page = alice.get("/messages").text
    older = next(link for link in links(first_page) if "before=" in link)

    assert messages(first_page) == list(range(last, last - 50, -1))
    assert messages(alice.get(older).text) == [last - 50]
    assert "Nothing is older" in alice.get(f"/messages?before={last - 50}").text


def test_part_that_is_swapped_is_the_same_as_in_the_page(alice, send):
    send(count=2)

    assert same_part(alice.get("/messages", htmx=True).text, alice.get("/messages").text)


def test_an_inbox_of_another_workspace_answers_like_a_missing_one(send, browse):
    send()
    charlie = browse("charlie")

    assert charlie.get(f"/messages?account={send.inboxes['ava@acme.test']}").status_code == 404
    assert charlie.get("/messages?account=999").status_code == 404
    assert "No message yet" in charlie.get("/messages").text


def test_an_accounts_page_shows_its_ten_newest_messages_and_leads_to_all(alice, send):
    last = send(count=11)
    send("bob@acme.test")
    ava = send.inboxes["ava@acme.test"]
    page = alice.get(f"/email-accounts/{ava}").text

    assert messages(page) == list(range(last, last - 10, -1))
    assert f"/messages?account={ava}" in links(page)
    assert "Send a test message to myself" in words(page)


def test_a_message_without_a_subject_can_still_be_opened(alice, send):
    assert "(no subject)" in words(alice.get(f"/messages/{send(subject='')}").text)
    assert "(no subject)" in words(alice.get("/messages").text)


def test_home_says_that_doubts_need_a_person_and_leads_to_them(alice, send):
    assert "in doubt" not in words(alice.get("/").text)

    send("zoe@zenith.test", of="charlie", state="ambiguous")
    send(state="ambiguous", count=2)
    page = alice.get("/").text
    assert "2 messages are in doubt They were handed over" in words(page)
    assert "/messages?state=ambiguous" in links(page)


def test_system_shows_the_oldest_due_and_how_many_are_in_each_state(app, olga, send):
    assert "Oldest that is due – Nothing waits So far None in any workspace." in words(
        olga.get("/system").text
    )

    with app.app_context():
        due = now() - timedelta(minutes=7, seconds=30)
    send(due_at=due)
    send(state="claimed")
    send("zoe@zenith.test", of="charlie", state="in_data")
    page = words(olga.get("/system").text)
    assert "Oldest that is due Since 8 min ago Waiting 1 Sending 2" in page


def test_system_lets_doubts_of_ones_own_workspaces_be_decided_and_only_counts_others(
    app, cast, olga, send, read
):
    theirs = send("zoe@zenith.test", of="charlie", state="ambiguous", subject="Secret of Zenith")
    mine = send(state="ambiguous")
    page = olga.get("/system").text

    assert "1 is in workspaces where others decide." in words(page)
    assert "Secret of Zenith" not in page
    assert olga.post("/system/messages", {"message": theirs, "decision": "sent"}).status_code == 404
    assert olga.post("/system/messages", {"message": "x", "decision": "sent"}).status_code == 404
    done = olga.post("/system/messages", {"message": mine, "decision": "sent"}, follow=True)
    assert "Noted: it was sent." in words(done.text)
    assert {each.id: each.state for each in read(Send)} == {theirs: "ambiguous", mine: "sent"}


@pytest.mark.parametrize(("role", "state"), [(Role.OPERATOR, "failed"), (Role.VIEWER, "ambiguous")])
def test_system_decides_in_another_workspace_of_the_same_person_by_the_role_there(
    app, cast, olga, send, read, role, state
):
    theirs = send("zoe@zenith.test", of="charlie", state="ambiguous", subject="About Zenith")
    with app.app_context(), transaction() as session:
        ids = {"workspace_id": cast.charlie.workspace_id, "user_id": cast.alice.user_id}
        session.add(Membership(**ids, role=role))
    page = olga.get("/system").text
    olga.post("/system/messages", {"message": theirs, "decision": "again"})

    assert ("About Zenith" in page) == (role == Role.OPERATOR)
    assert f"/messages/{theirs}" not in links(page)  # it belongs to a workspace that is not open
    assert read(Send)[0].state == state
    assert {each.workspace_id for each in read(Send)} == {cast.charlie.workspace_id}


def test_nobody_else_decides_on_system(browse, send, read):
    doubt = send(state="ambiguous")

    for person in ("alice", "charlie", "adam", "vera"):
        client = browse(person)
        assert client.post("/system/messages", {"message": doubt, "decision": "sent"}).status_code == 403
    assert [each.state for each in read(Send)] == ["ambiguous"]


def test_a_doubt_on_system_names_its_message_in_its_own_form(olga, send):
    doubts = [send(state="ambiguous") for _ in range(2)]
    named = [
        attrs["value"] for _, attrs in Page(olga.get("/system").text).tags if attrs.get("name") == "message"
    ]

    assert named == [str(doubt) for doubt in doubts]
