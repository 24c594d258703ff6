"""There and back: what is asked for, what is kept, and where the account begins."""

import logging
import re

import pytest

from nimbus.extensions import db
from nimbus.models import AuditEvent, EmailAccountHealth, HealthEvent, OAuthAttempt, OAuthGrant
from nimbus.security.workspace_keys import vault_of
from tests.connecting_oauth.conftest import CONNECT, query_of

BOTH = pytest.mark.parametrize("path", ["gmail", "microsoft"])
GOOGLE = "https://www.googleapis.com/auth/"
GRAPH = "https://graph.microsoft.com/"
ASKED = {
    "gmail": {f"{GOOGLE}gmail.send", f"{GOOGLE}gmail.readonly", "profile"},
    "microsoft": {f"{GRAPH}Mail.Send", f"{GRAPH}Mail.Read", f"{GRAPH}User.Read", "offline_access"},
}


@pytest.fixture
def tokens(app, read):
    """Opens both tokens of the one grant there is."""

    def open_both() -> list[str]:
        (grant,) = read(OAuthGrant)
        sealed = {"access_token": grant.sealed_access_token, "refresh_token": grant.sealed_refresh_token}
        with app.app_context():
            vault = vault_of(db.session(), grant.workspace_id)
            return [vault.open(each, owner=grant.vault_owner, field=name) for name, each in sealed.items()]

    return open_both


@pytest.mark.claim("C04")
def test_connect_account_leads_to_googles_consent_screen(alice, environ):
    choose = alice.get(CONNECT)
    page = alice.get(f"{CONNECT}/gmail")
    link = re.search(r'href="([^"]+)">\s*Continue to Google', page.text)[1]

    assert f'href="{CONNECT}/gmail"' in choose.text
    assert alice.get(link).location.startswith(f"{environ['GOOGLE_AUTH_URL']}?")


@pytest.mark.claim("C05", partly=True)
@pytest.mark.claim("C12", partly=True)
@BOTH
def test_exactly_the_permissions_of_the_specification_are_asked_for(journey, path):
    asked = query_of(journey(path).leave())

    assert set(asked["scope"].split()) == ASKED[path]
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].startswith("http://127.0.0.1:8000/oauth/")


@pytest.mark.claim("C05")
@pytest.mark.claim("C12")
@BOTH
def test_an_allowed_sign_in_makes_an_account_with_the_name_of_the_profile(journey, mailbox, read, path):
    mailbox(path)

    page = journey(path).go()

    (account,), (grant,) = read(EmailAccountHealth), read(OAuthGrant)
    assert "Connected" in page.text
    assert "linked to domain alpha.test" in page.text
    assert (account.email, account.display_name, account.provider) == ("ann@alpha.test", "Ann Alpha", path)
    assert (account.is_active, account.current_stage, account.connection_state) == (True, 0, "ok")
    assert grant.account_id == account.id
    assert set(grant.scopes.split()) == ASKED[path] - {"offline_access"}


@pytest.mark.claim("C06")
@BOTH
def test_both_tokens_are_kept_sealed_and_no_password_is(journey, mailbox, tokens, app, path):
    mailbox(path, password="canary-of-the-mailbox")

    journey(path).go()

    files = app.extensions["nimbus.settings"].data_dir.glob("nimbus.sqlite3*")
    kept = b"".join(each.read_bytes() for each in files)
    assert b"ann@alpha.test" in kept
    assert [secret for secret in [*tokens(), "canary-of-the-mailbox"] if secret.encode() in kept] == []


@BOTH
def test_codes_tokens_and_client_secrets_stand_in_no_log_address_or_page(
    alice, journey, mailbox, tokens, environ, caplog, path
):
    caplog.set_level(logging.DEBUG)
    mailbox(path)
    person = journey(path)
    there = person.leave()
    back = person.decide(there, "ann@alpha.test")

    page = person.come_back(back)

    shown = [page, alice.get("/email-accounts"), alice.get(re.search(r"/email-accounts/\d+", page.text)[0])]
    told = "".join([caplog.text, there, *(f"{each.request.url} {each.text}" for each in shown)])
    client_secret = environ[{"gmail": "GOOGLE", "microsoft": "MICROSOFT"}[path] + "_CLIENT_SECRET"]
    assert "Connected" in page.text
    assert "/token" in caplog.text
    assert [each for each in [query_of(back)["code"], client_secret, *tokens()] if each in told] == []


@pytest.mark.claim("C10")
@pytest.mark.claim("C15", partly=True)
@pytest.mark.parametrize(
    ("path", "address", "limit"),
    [
        ("gmail", "ann@alpha.test", 40),
        ("gmail", "ann@gmail.com", 20),
        ("microsoft", "ann@alpha.test", 30),
        ("microsoft", "ann@outlook.com", 15),
    ],
)
def test_a_new_inbox_starts_at_its_providers_limit(journey, mailbox, read, path, address, limit):
    mailbox(path, address, is_consumer="alpha" not in address)

    page = journey(path).go(address)

    assert read(EmailAccountHealth)[0].daily_send_limit == limit
    assert f"{limit} mails a day" in page.text


@pytest.mark.claim("C11")
@pytest.mark.claim("C66", partly=True)
def test_the_limit_is_edited_on_the_accounts_page_up_to_the_ceiling_of_a_personal_mailbox(
    journey, mailbox, read, alice
):
    mailbox("gmail", "ann@gmail.com", is_consumer=True)
    journey("gmail").go("ann@gmail.com")
    (account,) = read(EmailAccountHealth)

    refused = alice.post(f"/email-accounts/{account.id}/limit", {"daily_send_limit": "451"})
    taken = alice.post(f"/email-accounts/{account.id}/limit", {"daily_send_limit": "450"})

    assert (refused.status_code, taken.status_code) == (422, 303)
    assert "capped at 450" in refused.text
    assert read(EmailAccountHealth)[0].daily_send_limit == 450


@pytest.mark.claim("C14")
def test_the_connection_screen_shows_the_client_id_and_the_administrators_link(alice, environ):
    page = alice.get(f"{CONNECT}/microsoft").text

    assert f'<code id="client-id">{environ["MICROSOFT_CLIENT_ID"]}</code>' in page
    assert f"{environ['MS_LOGIN_BASE']}/organizations/v2.0/adminconsent?" in page


@BOTH
def test_a_second_inbox_of_a_domain_joins_the_first_ones(journey, mailbox, read, path):
    mailbox(path)
    mailbox(path, "bob@alpha.test")

    journey(path).go()
    page = journey(path).go("bob@alpha.test")

    assert "(1 other inbox)" in page.text
    assert len({account.domain_id for account in read(EmailAccountHealth)}) == 1


@BOTH
def test_both_logs_tell_who_connected_it(journey, mailbox, read, path):
    mailbox(path)

    journey(path).go()

    assert [(event.kind, event.actor) for event in read(HealthEvent)] == [("connected", "Alice")]
    (line,) = [event for event in read(AuditEvent) if event.action == "account_connected"]
    assert (line.actor, line.object_name) == ("Alice", "ann@alpha.test")
    assert "send mail" in line.details["may"]


@BOTH
def test_coming_back_twice_shows_what_the_first_return_came_to(journey, mailbox, read, path):
    mailbox(path)
    person = journey(path)
    back = person.decide(person.leave(), "ann@alpha.test")

    first, second = person.come_back(back), person.come_back(back)

    assert first.request.path == second.request.path
    assert "Connected" in second.text
    assert len(read(OAuthAttempt)) == len(read(EmailAccountHealth)) == 1


@BOTH
def test_two_tabs_connect_two_inboxes(journey, mailbox, read, path):
    mailbox(path)
    mailbox(path, "bob@alpha.test")
    person = journey(path)
    one, other = person.leave(), person.leave()

    pages = [
        person.come_back(person.decide(other, "bob@alpha.test")),
        person.come_back(person.decide(one, "ann@alpha.test")),
    ]

    assert ["Connected" in page.text for page in pages] == [True, True]
    assert {account.email for account in read(EmailAccountHealth)} == {"ann@alpha.test", "bob@alpha.test"}
