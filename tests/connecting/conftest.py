"""Connecting a mailbox through the product's own door: the form, a worker, and real mail servers."""

import itertools
import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from nimbus import queues
from nimbus.models import ConnectionTest, EmailAccountHealth, MailServer
from nimbus.queue_server import queue_url
from nimbus.services.sweep import sweep
from tests.browse import Browser
from tests.connecting.canary import CANARY, everything_in_files, everything_in_queue, found_in
from tests.connecting.form import FORM, filled
from tests.connecting.legs import LEG
from tests.connecting.reading import Reading
from tests.servers.mail import MailStack

CANARY_MAILBOX = "canary@alpha.test"
_numbers = itertools.count(1)


@pytest.fixture
def environ(mail_stack: MailStack) -> dict[str, str]:
    return {"NIMBUS_CA_FILE": str(mail_stack.ca_file)}


@pytest.fixture
def typed(mail_stack: MailStack) -> Callable[..., dict[str, object]]:
    """What somebody types to connect ann@alpha.test, with some fields replaced."""

    def fields(**changes: object) -> dict[str, object]:
        return filled(**{"smtp_port": mail_stack.smtp_ssl, "imap_port": mail_stack.imap_ssl} | changes)

    return fields


@pytest.fixture
def new_mailbox(mail_stack: MailStack) -> Callable[..., dict[str, object]]:
    """Form fields of a mailbox that no other test has, so that its messages can be counted."""

    def fields(domain: str = "alpha.test", password: str = "correct horse") -> dict[str, object]:
        email = f"mailbox{next(_numbers)}@{domain}"
        mail_stack.add_users({email: password})
        names = ("email", "smtp_username", "imap_username")
        return dict.fromkeys(names, email) | dict.fromkeys(("smtp_password", "imap_password"), password)

    return fields


@pytest.fixture
def post(alice: Browser, typed) -> Callable[..., str]:
    """Fill in the form and send it; the address of the test's page."""

    def send(**changes: object) -> str:
        response = alice.post(FORM, typed(**changes))
        assert response.status_code == 303, response.text
        return response.location

    return send


@pytest.fixture
def connect(alice: Browser, post, run_jobs) -> Callable[..., str]:
    """Fill in the form, let a worker work, and read the page of the test: its HTML."""

    def submit(**changes: object) -> str:
        url = post(**changes)
        run_jobs()
        return alice.get(url).text

    return submit


@pytest.fixture
def press(alice: Browser, run_jobs) -> Callable[..., str]:
    """Press one of a test's buttons, let a worker work, and read the page that it led to."""

    def submit(url: str, fix: str) -> str:
        response = alice.post(f"{url}/fix", {"fix": fix})
        assert response.status_code == 303, response.text
        run_jobs()
        return alice.get(response.location).text

    return submit


@pytest.fixture
def sweeps(app: Flask, run_jobs) -> Callable[[], None]:
    """The timetable's sweep, and whatever it rang for."""

    def run() -> None:
        with app.app_context():
            sweep()
        run_jobs()

    return run


@pytest.fixture
def last_test(read) -> Callable[[], ConnectionTest]:
    return lambda: read(ConnectionTest)[-1]


@pytest.fixture
def last_url(last_test) -> Callable[[], str]:
    """The address of the last test's page."""
    return lambda: f"/email-accounts/connect/tests/{last_test().id}"


@pytest.fixture
def saved_nothing(read) -> Callable[[], bool]:
    """Whether neither an account nor a server row exists."""
    return lambda: not read(EmailAccountHealth) and not read(MailServer)


@pytest.fixture
def seen(app: Flask) -> list[str]:
    """Every answer that any client got in this test, headers included."""
    answers: list[str] = []

    def note(response: TestResponse) -> TestResponse:
        answers.append(f"{response.headers}\n{response.get_data(as_text=True)}")
        return response

    app.after_request_funcs.setdefault(None, []).append(note)
    return answers


@pytest.fixture
def canary_login(mail_stack: MailStack) -> dict[str, object]:
    """A mailbox whose password is the canary."""
    mail_stack.add_users({CANARY_MAILBOX: CANARY})
    login = dict.fromkeys(("email", "smtp_username", "imap_username"), CANARY_MAILBOX)
    return login | dict.fromkeys(("smtp_password", "imap_password"), CANARY)


@pytest.fixture
def gives_nothing_away(
    app: Flask, seen: list[str], caplog: pytest.LogCaptureFixture, canary_login
) -> Iterator[None]:
    """At the end the canary is in no answer, log record, queue entry or file of the data directory."""
    caplog.set_level(logging.DEBUG)
    yield
    settings = app.extensions["nimbus.settings"]
    assert seen
    assert found_in("\n".join(seen).encode()) == []
    assert found_in(caplog.text.encode()) == []
    assert found_in(everything_in_queue(queues.connect(queue_url(settings)))) == []
    assert found_in(everything_in_files(settings.data_dir)) == []


@pytest.fixture
def fails(connect, saved_nothing, gives_nothing_away, alice, canary_login) -> Callable[..., Reading]:
    """A test that fails: it saves nothing, can be edited, and gives its password, the canary, nowhere away."""

    def fail(**changes: object) -> Reading:
        page = Reading(connect(**canary_login | changes))
        assert "The account was not saved." in page, page
        assert saved_nothing()
        assert alice.get(page.links["Edit and test again"]).status_code == 200
        return page

    return fail


@pytest.fixture
def fails_at(fails):
    """Fail at one leg's server; the page names the leg and, in the list of steps, the one that failed."""

    def fail(kind, port, security="none", *, title, step, **changes):
        page = fails(**{f"{kind}_port": port, f"{kind}_security": security} | changes)
        assert f"{LEG[kind]}: {title}" in page, page
        assert f"Failed: {step}" in page, page
        skipped = "Not tried, because sending failed first." in page
        assert skipped == (kind == "smtp")
        return page

    return fail
