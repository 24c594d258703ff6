"""An account that exists: its address is taken, it can be tested, changed, removed and connected again."""

from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.models import (
    ConnectionTest,
    EmailAccountHealth,
    HealthEvent,
    InboxDay,
    InboxEvent,
    MailServer,
    Send,
)
from tests.browse import Page
from tests.connecting.form import FORM
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay
from tests.factories import make_send
from tests.servers import faults

ACCOUNT = "/email-accounts/1"


@pytest.fixture
def account(connect):
    assert "Linked to domain" in connect()


@pytest.fixture
def act(alice, run_jobs):
    """Send a form of the account, let a worker work, and read the page it led to."""

    def send(tail, form=None):
        response = alice.post(f"{ACCOUNT}/{tail}", form)
        assert response.status_code == 303, Reading(response.text)
        run_jobs()
        return Reading(alice.get(response.location).text)

    return send


@pytest.mark.usefixtures("account")
def test_address_that_is_connected_already_leads_to_its_account(alice, typed, read):
    for spelling in ("ann@alpha.test", " ANN@Alpha.Test "):
        response = alice.post(FORM, typed(email=spelling))

        page = Reading(response.text)
        assert response.status_code == 422
        assert "This address is connected already." in page
        assert page.links["Open the account that has this address"] == ACCOUNT
    assert len(read(ConnectionTest)) == 1


@pytest.mark.usefixtures("account")
def test_same_address_connects_in_another_workspace(browse, typed, run_jobs, read):
    charlie = browse("charlie")

    url = charlie.post(FORM, typed()).location
    run_jobs()

    assert "Linked to domain alpha.test. Stage 0" in Reading(charlie.get(url).text)
    first, second = read(EmailAccountHealth)
    assert first.workspace_id != second.workspace_id
    assert first.domain_id != second.domain_id


def test_fix_of_an_address_connected_meanwhile_leads_to_its_account(connect, alice, last_url):
    with faults.refused() as server:
        connect(smtp_port=server.port)
    url = last_url()
    connect()

    response = alice.post(f"{url}/fix", {"fix": "ssl_465"})

    assert response.location == ACCOUNT
    assert "This address is connected already." in alice.get(ACCOUNT).text


@pytest.mark.usefixtures("account")
def test_test_again_passes_with_what_is_stored(act, read):
    page = act("test")

    assert "Both directions work A message went out and came back." in page
    assert [event.kind for event in read(HealthEvent)] == ["connected", "test_passed"]
    assert [day.sent for day in read(InboxDay)] == [2]
    assert [(fact.kind, fact.stream) for fact in read(InboxEvent)] == [("sent", None)] * 2


def test_failed_test_of_an_account_changes_its_state_but_not_its_settings(
    connect, act, alice, read, mail_stack
):
    with Relay(mail_stack, "ann@alpha.test") as relay:
        connect(smtp_port=relay.port, smtp_security="none")
        relay.replies = {"AUTH": b"535 5.7.8 Not any more"}
        page = act("test")

    assert "Sending (SMTP): Authentication failed" in page
    assert "The account keeps its settings." in page
    [account] = read(EmailAccountHealth)
    assert (account.connection_state, account.is_active) == ("auth_failed", True)
    smtp = next(server for server in read(MailServer) if server.leg == "smtp")
    assert (smtp.failure_code, smtp.port) == ("auth_failed", relay.port)
    assert "Connection test failed. Sending: Authentication failed" in alice.get(ACCOUNT).text


def test_a_server_that_is_away_in_each_test_is_kept_each_time(connect, act, read, mail_stack):
    with Relay(mail_stack, "ann@alpha.test") as relay:
        connect(smtp_port=relay.port, smtp_security="none")
    for _ in range(2):
        act("test")

    [account] = read(EmailAccountHealth)
    assert account.connection_state == "disconnected"
    facts = [(fact.kind, fact.cause, fact.detail) for fact in read(InboxEvent)]
    assert facts[1:] == [("connection", "test:2", "refused"), ("connection", "test:3", "refused")]


@pytest.mark.usefixtures("account")
def test_form_to_change_servers_shows_them_without_the_passwords(alice, mail_stack):
    form = Page(alice.get(f"{ACCOUNT}/reconnect").text)

    assert form.field("smtp_port")["value"] == str(mail_stack.smtp_ssl)
    assert form.field("smtp_username")["value"] == "ann@alpha.test"
    assert "readonly" in form.field("email")
    assert not form.field("smtp_password").get("value")


@pytest.mark.usefixtures("account")
def test_changed_encryption_is_tested_with_the_stored_password(act, typed, read, mail_stack):
    changes = {"smtp_port": mail_stack.smtp_starttls, "smtp_security": "starttls"}

    page = act("reconnect", typed(smtp_password="", imap_password="", **changes))

    assert "Connected again" in page
    assert [server.security for server in read(MailServer)] == ["ssl", "starttls"]
    assert [event.kind for event in read(HealthEvent)] == ["connected", "reconnected"]


@pytest.mark.usefixtures("account")
def test_messages_that_waited_for_the_sign_in_go_at_once(app, act, typed, read):
    [account] = read(EmailAccountHealth)
    with app.app_context():
        tomorrow = now() + timedelta(days=1)
        make_send(account.workspace_id, account.id, due_at=tomorrow, recipient="ann@alpha.test")

    act("reconnect", typed())

    [send] = read(Send)
    assert send.due_at < tomorrow
    assert send.state == "sent"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("change", [{"smtp_host": "localhost"}, {"smtp_username": "änn"}])
def test_stored_password_is_not_sent_to_another_server_or_user(alice, typed, read, change):
    response = alice.post(f"{ACCOUNT}/reconnect", typed(smtp_password="", imap_password="", **change))

    assert response.status_code == 422
    assert "Enter the password: a saved one is not sent to another server or user." in Reading(response.text)
    assert len(read(ConnectionTest)) == 1


@pytest.mark.usefixtures("account")
def test_failed_change_leaves_the_account_as_it_was(act, typed, read, last_url):
    before = {(server.leg, server.port, server.sealed_password) for server in read(MailServer)}

    page = act("reconnect", typed(smtp_username="nobody@alpha.test", email="other@beta.test"))

    assert "Sending (SMTP): Authentication failed" in page
    assert "The account keeps its settings." in page
    assert page.links["Edit and test again"].startswith(f"{ACCOUNT}/reconnect?from_test=")
    assert {(server.leg, server.port, server.sealed_password) for server in read(MailServer)} == before
    [account] = read(EmailAccountHealth)
    assert (account.email, account.connection_state) == ("ann@alpha.test", "ok")


@pytest.mark.claim("C61", partly=True)
@pytest.mark.usefixtures("account")
def test_folder_is_changed_once_it_could_be_opened(act, read):
    missing = act("folder", {"imap_folder": "Nowhere"})
    assert "Replies (IMAP): Folder not found" in missing
    assert [server.folder for server in read(MailServer)] == ["INBOX", None]

    found = act("folder", {"imap_folder": "Archive"})

    assert "The folder was changed Replies are read from Archive." in found
    assert [server.folder for server in read(MailServer)] == ["Archive", None]


@pytest.mark.usefixtures("account")
def test_removed_account_is_connected_again_with_its_history(act, connect, read):
    act("remove")
    assert read(MailServer) == []

    assert "Linked to domain alpha.test" in Reading(connect())

    [account] = read(EmailAccountHealth)
    assert (account.id, account.removed_at) == (1, None)
    assert read(HealthEvent)[-1].sentence == "Connected again; its history is kept"
    assert len(read(MailServer)) == 2
