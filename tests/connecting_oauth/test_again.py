"""Signing in again, engaging, and leaving: the account keeps what it was."""

from datetime import timedelta

import pytest

from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, HealthEvent, OAuthGrant, Send
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.services.end_grant import end_grant
from tests.factories import make_inbox_day, make_send

BOTH = pytest.mark.parametrize("path", ["gmail", "microsoft"])
CHANGES = {"gmail": "gmail.modify", "microsoft": "Mail.ReadWrite"}


@pytest.fixture
def connected(journey, mailbox, read):
    """Connects ann@alpha.test; gives the account."""

    def connect(path):
        mailbox(path)
        mailbox(path, "bob@alpha.test", "Bob Beta")
        journey(path).go()
        return read(EmailAccountHealth)[0]

    return connect


@pytest.fixture
def change(app):
    """Change an account's row, as time would have."""

    def set_values(account_id, **values):
        with app.app_context(), transaction() as session:
            account = session.get_one(EmailAccountHealth, account_id)
            for name, value in values.items():
                setattr(account, name, value)

    return set_values


def lose(app, account):
    with app.app_context(), transaction() as session:
        end_grant(session, account.workspace_id, account.id, GrantEnding.REVOKED)


@pytest.mark.claim("C09")
@BOTH
def test_signing_in_again_puts_the_account_back_with_its_history(
    app, alice, journey, connected, read, change, path
):
    account = connected(path)
    change(account.id, overall_score=88, current_stage=4, daily_send_limit=33)
    with app.app_context():
        make_inbox_day(account.workspace_id, account.id, sent=12)
    lose(app, account)
    assert "Needs attention" in alice.get(f"/email-accounts/{account.id}").text

    page = journey(path).go(query=f"?account={account.id}")

    assert "Connected again" in page.text
    (after,) = read(EmailAccountHealth)
    assert (after.id, after.overall_score, after.current_stage, after.daily_send_limit) == (
        account.id,
        88,
        4,
        33,
    )
    assert after.connection_state == "ok"
    assert [event.kind for event in read(HealthEvent)] == ["connected", "sign_in_lost", "reconnected"]
    shown = alice.get(f"/email-accounts/{account.id}").text
    assert "12 of 33" in shown
    assert "Needs attention" not in shown


@BOTH
def test_signing_in_again_lifts_nothing_that_it_did_not_cause(journey, connected, read, change, clock, path):
    account = connected(path)
    until = clock.now() + timedelta(hours=3)
    change(account.id, is_active=False, cooldown_until=until)

    journey(path).go(query=f"?account={account.id}")

    (after,) = read(EmailAccountHealth)
    assert (after.is_active, after.cooldown_until) == (False, until)


@BOTH
def test_signing_in_again_says_that_a_suspension_was_lifted_there(journey, connected, read, change, path):
    account = connected(path)
    change(account.id, connection_state="suspended")

    journey(path).go(query=f"?account={account.id}")

    (after,) = read(EmailAccountHealth)
    assert after.connection_state == "ok"


@BOTH
def test_what_waited_for_the_sign_in_is_looked_at_at_once(app, journey, connected, read, clock, path):
    account = connected(path)
    with app.app_context():
        make_send(account.workspace_id, account.id, due_at=clock.now().replace(year=clock.now().year + 1))
    lose(app, account)

    journey(path).go(query=f"?account={account.id}")

    assert read(Send)[0].due_at <= clock.now()


@BOTH
def test_another_address_than_the_accounts_own_changes_nothing_and_both_are_named(
    app, journey, connected, read, path
):
    account = connected(path)
    lose(app, account)
    before = read(OAuthGrant)[0].version

    page = journey(path).go("bob@alpha.test", query=f"?account={account.id}")

    assert "Another address came back" in page.text
    assert page.text.index("Expected") < page.text.index("Used") < page.text.index("bob@alpha.test")
    assert "Sign in as ann@alpha.test" in page.text
    assert "Nothing was changed." in page.text
    assert [account.email for account in read(EmailAccountHealth)] == ["ann@alpha.test"]
    assert read(OAuthGrant)[0].version == before


@BOTH
def test_connecting_an_address_that_is_connected_signs_it_in_again(journey, connected, read, path):
    connected(path)

    page = journey(path).go()

    assert "Connected again" in page.text
    assert len(read(EmailAccountHealth)) == 1


@BOTH
def test_reconnect_leads_to_the_provider_with_the_address_to_choose(alice, connected, path):
    account = connected(path)

    page = alice.get(f"/email-accounts/{account.id}/reconnect").text

    assert "Sign in as ann@alpha.test" in page
    assert f"/email-accounts/connect/{path}/leave?account={account.id}" in page


@BOTH
@pytest.mark.parametrize("what", ["test", "folder"])
def test_there_are_no_mail_servers_to_test_or_folders_to_choose(alice, connected, path, what):
    account = connected(path)

    assert "Test again" not in alice.get(f"/email-accounts/{account.id}").text
    assert alice.post(f"/email-accounts/{account.id}/{what}", {"imap_folder": "INBOX"}).status_code == 404


@BOTH
def test_an_account_of_another_workspace_is_not_there_to_sign_in_to(browse, connected, path):
    account = connected(path)

    assert (
        browse("charlie").get(f"/email-accounts/connect/{path}/leave?account={account.id}").status_code == 404
    )


@BOTH
def test_marking_and_moving_is_a_permission_of_its_own_and_ends_at_once(
    alice, journey, connected, read, path
):
    account = connected(path)
    url = f"/email-accounts/{account.id}/engage"
    assert "leaves this mailbox as it is" in alice.get(url).text

    page = journey(path).go(query=f"?account={account.id}&engage=yes")

    assert "may mark its mail as read and move it" in page.text
    assert "NimbusOS may mark warmup mail as read" in alice.get(f"/email-accounts/{account.id}").text
    assert CHANGES[path] in read(OAuthGrant)[0].scopes
    assert "marks and moves mail here" in alice.get(url).text
    alice.post(url)
    assert CHANGES[path] not in read(OAuthGrant)[0].scopes
    assert "leaves this mailbox as it is" in alice.get(url).text


@BOTH
def test_signing_in_again_asks_for_what_the_account_was_allowed(journey, connected, read, path):
    account = connected(path)
    journey(path).go(query=f"?account={account.id}&engage=yes")

    journey(path).go(query=f"?account={account.id}")

    assert CHANGES[path] in read(OAuthGrant)[0].scopes


def test_a_removed_account_is_given_back_at_google_and_comes_back_with_its_history(
    alice, journey, connected, read, world, change
):
    account = connected("gmail")
    change(account.id, current_stage=3)

    notice = alice.post(f"/email-accounts/{account.id}/remove", follow=True)

    assert "could not be told" not in notice.text
    assert world.tally["google revoke", "ann@alpha.test"] == 1
    assert read(OAuthGrant) == []
    assert "Connected" in journey("gmail").go().text
    (after,) = read(EmailAccountHealth)
    assert (after.id, after.current_stage, after.removed_at) == (account.id, 3, None)


def test_removing_says_where_to_go_when_google_cannot_be_told(alice, connected, world):
    account = connected("gmail")
    world.mailboxes["ann@alpha.test"].faults.set("server_error", status=503)

    notice = alice.post(f"/email-accounts/{account.id}/remove", follow=True)

    assert "myaccount.google.com/permissions" in notice.text


def test_a_permission_that_another_workspace_lives_on_is_kept_at_google(
    alice, journey, browse, connected, world
):
    account = connected("gmail")
    journey("gmail", browse("charlie")).go()

    alice.post(f"/email-accounts/{account.id}/remove")

    assert world.tally["google revoke", "ann@alpha.test"] == 0
