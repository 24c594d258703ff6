"""An inbox at Google or Microsoft in daily use: it stays signed in, sends, and says when somebody has to sign in again."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from redis import Redis

from jobs.schedule import Scheduler
from nimbus.models import OAuthGrant, Send
from nimbus.rules.providers import Provider
from nimbus.sandbox.world import System
from tests.services.signed_in import ANN, BOB, make_signed_in, refreshes
from tests.web.reading import hidden_fields, links, words

CY = "cy@alpha.test"  # another inbox of the same workspace


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture(params=[Provider.GMAIL, Provider.MICROSOFT])
def provider(request):
    return request.param


@pytest.fixture
def url(app, cast, sandbox, provider):
    """The page of Ann's account, whom somebody has just signed in; Bob can hear from her."""
    sandbox.world.add(BOB, name="Bob", system=System.MAIL)
    with app.app_context():
        return f"/email-accounts/{make_signed_in(sandbox, cast.alice.workspace_id, provider)}"


@pytest.fixture
def faults(sandbox, url):
    return sandbox.world.mailboxes[ANN].faults


@pytest.fixture
def a_minute(settings, run_jobs):
    """What the timetable asks for, done."""

    def passes():
        scheduler = Scheduler(Redis.from_url(settings.redis_url))
        scheduler.tick(0.0)
        scheduler.let_go()
        run_jobs()

    return passes


@pytest.fixture
def write(alice, url, run_jobs):
    """Write to Bob on the page of the inbox, and let workers work; the address of the message's page."""

    def written():
        fields = hidden_fields(alice.get(f"{url}/write").text)
        typed = {"to": BOB, "subject": "Lunch", "body": "At noon?\r\n\r\nAnn"}
        page = alice.post(f"{url}/write", typed | fields).location
        run_jobs()
        return page

    return written


@pytest.mark.claim("C07")
def test_a_sign_in_is_renewed_by_the_timetable_before_it_ends(
    alice, url, a_minute, sandbox, read, provider, clock
):
    [before] = read(OAuthGrant)
    clock.advance(minutes=56)
    a_minute()

    [after] = read(OAuthGrant)
    assert clock.now() < before.access_until < after.access_until
    assert refreshes(sandbox, provider) == 1
    assert "last renewed just now" in words(alice.get(url).text)


@pytest.mark.claim("C08")
def test_a_permission_that_was_withdrawn_flags_the_inbox_and_the_message_waits(
    alice, url, faults, write, sandbox, read
):
    faults.set("revoked")

    message = words(alice.get(write()).text)
    account = words(alice.get(url).text)

    assert "no longer lets this inbox send. The message waits until the inbox is reconnected" in message
    assert "Needs attention" in words(alice.get("/email-accounts").text)
    assert "Ended just now" in account
    assert "The password of the mailbox was changed" in account
    assert f'href="{url}/reconnect"' in alice.get(url).text
    assert ([send.state for send in read(Send)], sandbox.world.mailboxes[BOB].messages) == (["queued"], [])


@pytest.mark.claim("C08")
@pytest.mark.parametrize("provider", [Provider.GMAIL])
def test_what_waits_at_a_lost_inbox_leaves_through_another_one_once(
    alice, app, cast, url, faults, write, sandbox, run_jobs, clock
):
    faults.set("revoked")
    message = write()
    clock.advance(hours=2)
    with app.app_context():
        make_signed_in(sandbox, cast.alice.workspace_id, Provider.GMAIL, CY, display_name="Cy Alpha")
    there = next(link for link in links(alice.get(url).text) if "state=queued" in link)
    assert message in links(alice.get(there).text)

    alice.post(f"{message}/inbox", hidden_fields(alice.get(f"{message}/inbox").text) | {"inbox": "2"})
    run_jobs()
    run_jobs()

    [arrived] = sandbox.world.mailboxes[BOB].messages
    assert arrived.headers["From"] == f"Cy Alpha <{CY}>"
    assert clock.now() - parsedate_to_datetime(arrived.headers["Date"]) > timedelta(hours=1)  # its first try
    page = words(alice.get(message).text)
    assert f"Alice moved it from {ANN} to {CY}." in page
    assert "The server accepted the message." in page


def test_the_timetable_finds_out_what_nobody_has_tried(alice, url, faults, a_minute, clock):
    faults.set("revoked")
    clock.advance(minutes=56)
    a_minute()

    page = words(alice.get(url).text)

    assert "Ended just now" in page
    assert "no longer accepts the sign-in of this inbox. Reconnect it." in page


def test_a_message_that_somebody_writes_leaves_through_the_provider(url, write, alice, sandbox):
    page = write()

    [arrived] = sandbox.world.mailboxes[BOB].messages
    assert "The server accepted the message." in words(alice.get(page).text)
    assert (arrived.headers["Subject"], arrived.headers["From"]) == ("Lunch", f"Ava Able <{ANN}>")


def test_a_test_message_to_oneself_is_sent_from_the_page_and_arrives(alice, url, sandbox, run_jobs, read):
    alice.post(f"{url}/test-message")
    run_jobs()

    [send] = read(Send)
    assert (send.state, send.recipient) == ("sent", ANN)
    assert "A test message from NimbusOS" in alice.get(url).text
    inbox = [each for each in sandbox.world.mailboxes[ANN].messages if "INBOX" in each.labels]
    assert [each.headers["Subject"] for each in inbox] == ["A test message from NimbusOS"]
