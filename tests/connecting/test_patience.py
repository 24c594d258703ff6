"""What is waited for and how long: 15 s a step, 90 s for the reply, and never a worker held for the latter."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from jobs.connection_tests import verify
from nimbus.models import EmailAccountHealth
from tests.browse import Browser
from tests.connecting.form import FORM
from tests.connecting.legs import LEG
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay
from tests.servers import faults

TIMEOUT = "Connection timeout Connection timed out: no answer from 127.0.0.1"
STEP_SECONDS = 15
SLOW_MACHINE = 8  # seconds that twelve tests at once may take beside the wait


@pytest.fixture
def delayed(mail_stack, new_mailbox):
    """A mailbox whose mail is held back, and the form's fields that lead there."""
    mailbox = new_mailbox()
    with Relay(mail_stack, mailbox["email"], hold=True) as relay:
        yield relay, mailbox | {"smtp_port": relay.port, "smtp_security": "none"}


def timed_test(app, person, form):
    """Test in a browser of one's own, without a queue between; the page, and the seconds it took."""
    browser = Browser(app).sign_in(person)
    url = browser.post(FORM, form).location
    began = time.monotonic()
    with app.app_context():
        verify(person.workspace_id, int(url.rpartition("/")[2]))
    return Reading(browser.get(url).text), time.monotonic() - began


def silences(kind, stack):
    """Ways not to answer: (security that is tried, title of the failure, server)."""
    unanswering = dict.fromkeys(("RCPT", "EXAMINE"), faults.hang)
    encrypted_port = SimpleNamespace(port={"smtp": stack.smtp_ssl, "imap": stack.imap_ssl}[kind])
    yield "none", TIMEOUT, faults.black_hole()
    yield "none", TIMEOUT, faults.silent(kind)
    yield "ssl", TIMEOUT, faults.silent(kind)
    yield "none", TIMEOUT, faults.dripping(kind)
    yield "none", TIMEOUT, faults.scripted(kind, unanswering)
    yield "starttls", "Wrong security setting", nullcontext(encrypted_port)


@pytest.mark.claim("C22")
@pytest.mark.claim("C23")
@pytest.mark.usefixtures("gives_nothing_away")
def test_server_that_keeps_us_waiting_ends_the_step_after_15_seconds(
    app, cast, typed, canary_login, mail_stack, saved_nothing
):
    cases = [(kind, *silence) for kind in ("smtp", "imap") for silence in silences(kind, mail_stack)]

    def attempt(case):
        kind, security, _, fault = case
        with fault as server:
            tried = {f"{kind}_port": server.port, f"{kind}_security": security}
            return timed_test(app, cast.alice, typed(**canary_login | tried))

    with ThreadPoolExecutor(len(cases)) as pool:
        outcomes = list(pool.map(attempt, cases))

    for (kind, _, title, _), (page, seconds) in zip(cases, outcomes, strict=True):
        assert f"{LEG[kind]}: {title}" in page, page
        assert "within 15 s." in page or title != TIMEOUT
        assert STEP_SECONDS * 0.75 < seconds < STEP_SECONDS + SLOW_MACHINE
    assert saved_nothing()


@pytest.mark.claim("C22")
@pytest.mark.usefixtures("gives_nothing_away")
def test_message_that_never_arrives_fails_after_90_seconds(
    connect, alice, clock, sweeps, last_test, saved_nothing, last_url, canary_login
):
    waiting = Reading(connect(**canary_login | {"email": "dropped@alpha.test"}))
    assert "Waiting for the reply…" in waiting
    clock.advance(seconds=45)
    url = last_url()
    assert re.search(r"(4[5-9]|5\d) s of 90 s", alice.get(url).text)
    assert last_test().state == "waiting"

    clock.advance(seconds=46)
    sweeps()

    page = Reading(alice.get(url).text)
    assert "Replies (IMAP): Reply did not arrive The server took the test message" in page
    assert "it did not reach “INBOX” within 90 s." in page
    assert page.fixes == {"wait_more": "Wait 90 s more"}
    assert saved_nothing()


def test_message_that_arrives_late_is_found_by_a_later_look(
    connect, alice, clock, sweeps, last_test, read, delayed, mail_stack, last_url
):
    relay, form = delayed
    connect(**form)
    assert last_test().state == "waiting"
    assert last_test().lease_until is None

    relay.release()
    clock.advance(seconds=6)
    sweeps()

    assert last_test().state == "passed"
    page = Reading(alice.get(last_url()).text)
    assert "Done: Test message arrived" in page
    assert [account.email for account in read(EmailAccountHealth)] == [form["email"]]
    assert len(mail_stack.messages(form["email"])) == 1


def test_waiting_90_seconds_more_finds_what_came_too_late(
    connect, clock, sweeps, last_test, press, read, delayed, mail_stack, last_url
):
    relay, form = delayed
    connect(**form)
    clock.advance(seconds=91)
    sweeps()
    assert last_test().failure_code == "no_reply_seen"
    relay.release()

    page = press(last_url(), "wait_more")

    assert "Linked to domain alpha.test" in page
    assert len(read(EmailAccountHealth)) == len(mail_stack.messages(form["email"])) == 1


def test_stopped_test_saves_nothing_even_when_the_message_arrives(
    connect, alice, clock, sweeps, last_test, saved_nothing, delayed, last_url
):
    relay, form = delayed
    connect(**form)
    url = last_url()

    stopped = alice.post(f"{url}/stop")
    relay.release()
    clock.advance(seconds=6)
    sweeps()

    assert stopped.location == f"{FORM}?from_test={last_test().id}"
    page = Reading(alice.get(url).text)
    assert "Stopped" in page
    assert "hx-trigger" not in page.html.partition('id="connection-test"')[2].partition(">")[0]
    assert saved_nothing()
