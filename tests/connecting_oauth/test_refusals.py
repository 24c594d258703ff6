"""What ends without an account: each with its reason in words, nothing saved, and a way on."""

import pytest

from nimbus.models import EmailAccountHealth, OAuthGrant
from nimbus.rules.oauth import ATTEMPT_LASTS
from nimbus.services.workspace_settings import set_account_limit
from tests.connecting_oauth.conftest import CONNECT
from tests.factories import make_email_account

BOTH = pytest.mark.parametrize("path", ["gmail", "microsoft"])
SEND, READ = (f"https://www.googleapis.com/auth/gmail.{name}" for name in ("send", "readonly"))


@pytest.fixture
def nothing_saved(read):
    """Fails a test that leaves an account or a grant behind."""
    yield
    assert (read(EmailAccountHealth), read(OAuthGrant)) == ([], [])


@BOTH
def test_declining_is_told_and_can_be_reconsidered(journey, mailbox, nothing_saved, path):
    mailbox(path)

    page = journey(path).go(answer="deny")

    assert "Nothing was allowed" in page.text
    assert "Nothing was saved." in page.text
    assert f"{CONNECT}/{path}/leave" in page.text


@pytest.mark.parametrize(
    ("ticked", "missing", "without"),
    [
        ([SEND], "read mail", "Replies could not be found without it."),
        ([READ], "send mail", "Nothing could leave this inbox without it."),
        ([], "send mail and read mail", "Nothing could leave this inbox without it."),
    ],
)
def test_a_permission_that_was_not_ticked_is_named_and_the_others_are_given_back(
    journey, mailbox, world, nothing_saved, ticked, missing, without
):
    mailbox("gmail")

    page = journey("gmail").go(scopes=ticked)

    assert f"Google did not grant: {missing}" in page.text
    assert without in page.text
    assert "Ask again" in page.text
    assert world.tally["google revoke", "ann@alpha.test"] == 1


def test_permissions_that_another_inbox_lives_on_are_not_given_back(journey, mailbox, world, read):
    mailbox("gmail")
    journey("gmail").go()

    journey("gmail").go(scopes=[SEND])

    assert world.tally["google revoke", "ann@alpha.test"] == 0
    assert read(OAuthGrant)[0].failure_code is None


def test_microsofts_missing_permission_is_named(journey, mailbox, nothing_saved):
    mailbox("microsoft").faults.set("changed_scopes", scopes="Mail.Send User.Read offline_access")

    page = journey("microsoft").go()

    assert "Microsoft did not grant: read mail" in page.text


@pytest.mark.claim("C13")
def test_an_administrator_who_is_needed_gets_a_link_that_grants_it(journey, mailbox, environ, nothing_saved):
    mailbox("microsoft").faults.set("admin_approval")

    page = journey("microsoft").go(answer="back")

    assert "Needs admin approval" in page.text
    assert "An administrator of the organisation has to approve this app" in page.text
    assert f"{environ['MS_LOGIN_BASE']}/organizations/v2.0/adminconsent?" in page.text


@pytest.mark.parametrize(
    ("brought", "said"),
    [
        ("admin_consent=True&tenant=1", "The app is approved"),
        ("admin_consent=True&error=access_denied", "not approved"),
        ("state=admin&error=permission_denied", "not approved"),
    ],
)
def test_an_administrator_needs_no_account_here_to_come_back(app, cast, brought, said):
    page = app.test_client().get(f"/oauth/microsoft/callback?{brought}&error_description=%3Cb%3E")

    assert page.status_code == 200
    assert said in page.text
    assert "<b>" not in page.text


@BOTH
def test_somebody_without_a_mailbox_is_told_so(journey, mailbox, nothing_saved, path):
    mailbox(path, has_mailbox=False)

    assert "There is no mailbox" in journey(path).go().text


@BOTH
@pytest.mark.parametrize("late", [True, False])
def test_a_state_is_good_for_ten_minutes(journey, mailbox, read, clock, path, late):
    mailbox(path)
    person = journey(path)
    back = person.decide(person.leave(), "ann@alpha.test")

    clock.advance(seconds=ATTEMPT_LASTS.total_seconds() + (1 if late else -20))
    page = person.come_back(back)

    assert ("This sign-in has expired" in page.text) is late
    assert len(read(EmailAccountHealth)) == (0 if late else 1)


@BOTH
def test_a_state_is_good_in_the_session_that_it_began_in_only(journey, mailbox, browse, nothing_saved, path):
    mailbox(path)
    person = journey(path)
    back = person.decide(person.leave(), "ann@alpha.test")

    for other in ("alice", "bob", "charlie"):
        assert "has expired" in journey(path, browse(other)).come_back(back).text


@BOTH
@pytest.mark.parametrize("state", ["", "é:\x00", "k1:gAAAAA==", "x" * 9000, "nothing"])
def test_a_state_that_is_none_is_told_like_one_that_has_expired(alice, nothing_saved, path, state):
    who = {"gmail": "google", "microsoft": "microsoft"}[path]

    page = alice.get(
        f"/oauth/{who}/callback", query_string={"code": "x", "state": state}, follow_redirects=True
    )

    assert "has expired" in page.text


def test_a_state_of_one_provider_opens_nothing_at_the_other(journey, mailbox, nothing_saved):
    mailbox("gmail")
    person = journey("gmail")
    back = person.decide(person.leave(), "ann@alpha.test").replace("/google/", "/microsoft/")

    assert "has expired" in person.come_back(back).text


def test_a_stranger_with_a_code_is_asked_to_sign_in_and_the_code_goes_no_further(app, cast):
    answer = app.test_client().get("/oauth/google/callback?code=canary&state=canary", follow_redirects=True)

    assert answer.request.path == "/login"
    assert "canary" not in f"{answer.request.url} {answer.text}"


@BOTH
def test_a_code_that_the_provider_does_not_know_is_worth_nothing(journey, mailbox, nothing_saved, path):
    mailbox(path)
    person = journey(path)
    back = person.decide(person.leave(), "ann@alpha.test")

    page = person.come_back(back.replace("code=", "code=x"))

    assert "This sign-in is over" in page.text


@BOTH
def test_a_provider_that_is_out_of_order_is_named_and_nothing_came_of_it(
    journey, mailbox, nothing_saved, path
):
    mailbox(path).faults.set("server_error", status=503)

    page = journey(path).go()

    name = {"gmail": "Google", "microsoft": "Microsoft"}[path]
    assert f"{name} did not answer" in page.text


@BOTH
def test_an_app_whose_secret_is_wrong_is_told_from_a_person_who_is(
    journey, mailbox, world, nothing_saved, path
):
    mailbox(path)
    for app in world.apps.values():
        app.client_secret = "another"

    page = journey(path).go()

    assert "The sign-in app is not accepted" in page.text


def test_an_address_that_is_connected_over_smtp_stays_so(journey, mailbox, app, cast, read):
    mailbox("gmail")
    with app.app_context():
        make_email_account(cast.alice.workspace_id, "ann@alpha.test")

    page = journey("gmail").go()

    assert "Connected by another path already" in page.text
    assert read(EmailAccountHealth)[0].provider == "smtp_imap"
    assert read(OAuthGrant) == []


def test_a_full_workspace_takes_no_other_inbox(journey, mailbox, app, cast, read, world):
    mailbox("gmail")
    with app.app_context():
        make_email_account(cast.alice.workspace_id, "ava@acme.test")
        set_account_limit(cast.alice.workspace_id, 1, asker=None)

    page = journey("gmail").go()

    assert "No room for another inbox" in page.text
    assert len(read(EmailAccountHealth)) == 1
    assert world.tally["google revoke", "ann@alpha.test"] == 1
