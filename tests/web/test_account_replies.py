"""How an inbox's replies are read, on its page: since when, from where, and what to do when none come."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from nimbus import queues
from nimbus.database import transaction
from nimbus.models import AuditEvent, EmailAccountHealth, InboxSync, Incoming, SyncFolder
from nimbus.queue_server import queue_url
from nimbus.settings import current_settings
from tests.services.campaigning import change
from tests.services.fetching import answer, fetch
from tests.web.reading import same_part, words

LATER = timedelta(minutes=2)
FOLDERS = [["INBOX", "inbox", 0], ["Entwürfe", None, 2], ["Posteingang", "inbox", 12], ["Junk", "spam", 3]]


def now():
    return datetime.now(UTC)


@pytest.fixture
def synced(app, cast, make_page):
    """Its page, after it was read with these values; gives the page's address."""

    def make(*, watched=("INBOX",), provider="smtp_imap", **values):
        url = make_page(provider=provider)
        account_id = int(url.rpartition("/")[2])
        mine = {"workspace_id": cast.alice.workspace_id, "account_id": account_id}
        state = {"next_at": now() + LATER, "synced_at": now(), "folders": FOLDERS} | values
        with app.app_context(), transaction() as session:
            session.add(InboxSync(**mine | state))
            roles = zip(("inbox", "spam"), watched, strict=False)
            session.add_all(SyncFolder(**mine, role=role, name=name) for role, name in roles)
        return url

    return make


def part(alice, url):
    return words(alice.get(f"{url}/replies", htmx=True).text)


def test_an_inbox_that_was_never_read_says_when_it_will_be(alice, ava):
    page = words(alice.get(ava).text)

    assert "Replies Sync now Not read yet. The first look comes by itself within a minute." in page


def test_the_last_good_look_is_shown_with_its_time_and_the_folders_with_their_use(alice, synced):
    page = part(alice, synced(watched=("INBOX", "Junk")))

    assert "Synced just now" in page
    assert "INBOX Replies 0" in page
    assert "Junk Spam 3" in page
    assert "Entwürfe Read this (Entwürfe) 2" in page


@pytest.mark.claim("C61", partly=True)
def test_where_the_chosen_folder_is_empty_the_one_that_mail_comes_to_is_named(alice, synced):
    url = synced()
    page = alice.get(url)

    assert "Reply sync is empty “Posteingang” holds 12 messages" in words(page.text)
    assert 'name="imap_folder" value="Posteingang"' in page.text


def test_a_test_message_of_ours_is_no_sign_that_answers_come_there(app, alice, synced):
    url = synced(folders=[["INBOX", "inbox", 1], ["Posteingang", "inbox", 12]])
    with app.app_context():
        fetch(int(url.rpartition("/")[2]), answer(None))
        change(Incoming, kind="test", state="parsed")

    assert "Reply sync is empty “Posteingang” holds 12 messages" in part(alice, url)


def test_no_folder_is_suggested_while_replies_come(app, alice, synced):
    url = synced()
    with app.app_context():
        fetch(int(url.rpartition("/")[2]), answer(None))

    page = part(alice, url)
    assert "Reply sync is empty" not in page
    assert "1 here" in page


def test_what_is_wrong_is_a_sentence_with_the_servers_line_and_the_next_try(alice, synced):
    said = {"problem": "The server is away.", "server_line": "NO [UNAVAILABLE] down", "failures": 2}
    page = part(alice, synced(synced_at=now() - timedelta(hours=3), **said))

    assert "Not read since 3 h ago" in page
    assert "The server is away. It is tried again in 2 min" in page
    assert "The server said: NO [UNAVAILABLE] down" in page


def test_the_first_look_shows_how_far_it_is_and_asks_for_itself_until_it_is_done(app, alice, synced):
    url = synced(
        synced_at=None, lease_until=now() + timedelta(minutes=1), owner="w", backlog=300, backlog_done=120
    )

    page = alice.get(f"{url}/replies", htmx=True).text
    assert "120 of 300 messages" in words(page)
    assert 'hx-trigger="every 1s"' in page
    end(app, url)
    assert "hx-trigger" not in alice.get(f"{url}/replies", htmx=True).text


def end(app, url):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(InboxSync).values(lease_until=None, owner=None, backlog=0))


def test_sync_now_is_asked_for_once_and_written_down(app, bob_or_alice, synced, read):
    url = synced()

    bob_or_alice.post(f"{url}/sync")
    answered = bob_or_alice.post(f"{url}/sync", htmx=True)

    assert "It is read as soon as a worker is free." in words(answered.text)
    assert [event.action for event in read(AuditEvent)] == ["sync_asked"] * 2
    with app.app_context():
        waiting = Queue(
            queues.INTERACTIVE,
            connection=queues.connect(queue_url(current_settings())),
            serializer=JSONSerializer,
        )
        assert [job.func_name for job in waiting.jobs] == [queues.SYNC_INBOX]


@pytest.fixture
def bob_or_alice(alice):
    return alice


def test_the_part_is_the_same_in_the_page_and_alone_and_leads_to_the_page_without_a_script(alice, synced):
    url = synced()

    assert same_part(alice.get(f"{url}/replies", htmx=True).text, alice.get(url).text)
    assert alice.get(f"{url}/replies").location == f"{url}#replies"


def test_who_only_looks_sees_no_button(browse, synced):
    page = browse("vera").get(synced()).text

    assert "Sync now" not in words(page)
    assert "Read this" not in words(page)


def test_an_inbox_at_a_provider_says_in_its_status_that_replies_are_not_read(app, alice, synced):
    url = synced(provider="gmail", folders=[["INBOX", "inbox", 1]])
    with app.app_context(), transaction() as session:
        session.execute(sa.update(EmailAccountHealth).values(sync_problem="Google did not answer."))

    page = words(alice.get(url).text)
    assert "Replies not syncing Gmail · Ava Able Google did not answer. See why" in page
    assert "Read this" not in page
