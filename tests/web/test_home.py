"""The first page: what runs, what comes next, and how the inboxes are."""

from datetime import UTC, datetime

import pytest

from nimbus import queues
from nimbus.queue_server import queue_url
from tests.factories import make_email_account
from tests.web.reading import links, same_part, words


@pytest.fixture
def connection(app):
    with app.app_context():
        return queues.connect(queue_url(app.extensions["nimbus.settings"]))


def start_everything(connection):
    worker = queues.WorkerSeen("w", queues.QUEUES, "idle", datetime.now(UTC))
    queues.beat(connection, worker)
    connection.set(queues.SCHEDULER_KEY, "x", ex=15)


def test_a_fresh_installation_shows_what_does_not_run_with_the_command_and_what_comes_next(alice):
    response = alice.get("/")
    page = words(response.text)

    assert "1 of 4 done" in page
    assert "Done: Queue It answers." in page
    assert "Not working: Background worker None is running." in page
    assert "Not working: Scheduler Not running." in page
    assert "make worker" in page
    assert "make scheduler" in page
    assert "To do: Connect your first inbox" in page
    assert "/email-accounts/connect" in links(response.text)
    assert "Inboxes" not in page


def test_what_was_started_is_done_at_the_next_look(alice, connection):
    start_everything(connection)
    page = words(alice.get("/").text)

    assert "3 of 4 done" in page
    assert "Done: Background worker 1 running, last seen 0 s ago." in page
    assert "make worker" not in page


def test_with_accounts_the_states_are_counted_and_lead_to_their_list(app, cast, alice, connection):
    start_everything(connection)
    with app.app_context():
        for number in range(3):
            make_email_account(cast.alice.workspace_id, f"{number}@x.test", current_stage=0)
        make_email_account(cast.alice.workspace_id, "lost@x.test", connection_state="suspended")
        make_email_account(cast.charlie.workspace_id, "theirs@x.test")
    response = alice.get("/")

    assert "4 of 4 done" in words(response.text)
    assert "Inboxes 4 All 1 Needs attention 3 Warming" in words(response.text)
    assert "/email-accounts?status=needs_attention" in links(response.text)


def test_the_checklist_that_refreshes_is_the_same_part_of_the_page(alice, connection):
    start_everything(connection)
    fragment = alice.get("/", htmx=True).text

    assert fragment.lstrip().startswith('<section class="card checklist"')
    assert same_part(fragment, alice.get("/").text)


@pytest.fixture
def environ(request):
    return getattr(request, "param", {})


@pytest.mark.parametrize("environ", [{"REDIS_URL": "unix:///tmp/nobody-listens-here.sock"}], indirect=True)
def test_with_the_queue_away_the_page_still_comes_and_says_so(cast, browse):
    page = words(browse("alice").get("/").text)

    assert "0 of 4 done" in page
    assert "Not working: Queue It does not answer. Work waits in the database." in page
    assert page.count("Not known while the queue does not answer.") == 2
