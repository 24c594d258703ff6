"""The sign-in apps: entered, checked step by step, and never shown again."""

import re

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import AuditEvent, ProviderApp
from tests.connecting_oauth.conftest import CONNECT, query_of

PATHS = {"google": "gmail", "microsoft": "microsoft"}
BOTH = pytest.mark.parametrize("who", PATHS)
_STEP = re.compile(r'visually-hidden">([\w ]+):</span>\s*</span>\s*<div>\s*<h3>([^<]+)</h3>')


def typed(who, **changes):
    extra = {"audience": "production"} if who == "google" else {"tenant": ""}
    return {"client_id": "own-client", "client_secret": "canary-secret"} | extra | changes


@pytest.fixture
def check(alice):
    """Press “Check now”; the verdict on each step, and the page."""

    def press(who):
        page = alice.post(f"/integrations/{who}/check", follow=True).text
        return {title: verdict for verdict, title in _STEP.findall(page)}, page

    return press


@BOTH
def test_a_workspaces_own_app_takes_the_place_of_the_settings(alice, journey, read, who):
    alice.post(f"/integrations/{who}/edit", typed(who))

    assert query_of(journey(PATHS[who]).leave())["client_id"] == "own-client"
    assert read(ProviderApp)[0].client_id == "own-client"
    assert "app_changed" in [event.action for event in read(AuditEvent)]


@BOTH
def test_an_app_of_the_settings_is_shown_as_such_and_its_secret_is_not(alice, environ, who):
    page = alice.get(f"/integrations/{who}").text

    assert environ[f"{who.upper()}_CLIENT_ID"] in page
    assert f"gave it in <code>{who.upper()}_CLIENT_ID</code>, so it is changed there" in page
    assert environ[f"{who.upper()}_CLIENT_SECRET"] not in page
    assert f"/integrations/{who}/remove" not in page


@BOTH
def test_a_secret_is_sealed_and_on_no_page(alice, app, who):
    alice.post(f"/integrations/{who}/edit", typed(who))

    pages = [
        alice.get(url).text for url in ("/integrations", f"/integrations/{who}", f"/integrations/{who}/edit")
    ]
    files = app.extensions["nimbus.settings"].data_dir.glob("nimbus.sqlite3*")
    assert [page for page in pages if "canary-secret" in page] == []
    assert b"canary-secret" not in b"".join(each.read_bytes() for each in files)


def test_a_secret_that_does_not_open_is_asked_for_where_it_is_entered(alice, app):
    alice.post("/integrations/google/edit", typed("google"))
    with app.app_context(), transaction() as session:
        session.execute(sa.update(ProviderApp).values(sealed_client_secret="k1:damaged"))

    page = alice.get(f"{CONNECT}/gmail/leave")

    assert page.status_code == 500
    assert "Enter it again under Integrations." in page.text


def test_a_secret_stays_when_nothing_is_typed_and_goes_with_its_client(alice, read):
    alice.post("/integrations/google/edit", typed("google"))
    sealed = read(ProviderApp)[0].sealed_client_secret

    kept = alice.post("/integrations/google/edit", typed("google", client_secret="", audience="testing"))
    other = alice.post("/integrations/google/edit", typed("google", client_secret="", client_id="another"))

    assert (kept.status_code, other.status_code) == (303, 422)
    assert "Enter the client secret." in other.text
    (app,) = read(ProviderApp)
    assert (app.sealed_client_secret, app.audience, app.client_id) == (sealed, "testing", "own-client")


@pytest.mark.parametrize(
    ("who", "wrong", "said"),
    [
        ("google", {"client_id": ""}, "Enter the client ID."),
        ("google", {"client_id": "two words"}, "holds no blanks"),
        ("google", {"audience": "everybody"}, "Not a valid choice"),
        ("microsoft", {"tenant": "not a tenant"}, "Enter common, organizations, consumers"),
    ],
)
def test_what_cannot_be_right_is_told_beside_the_field(alice, read, who, wrong, said):
    page = alice.post(f"/integrations/{who}/edit", typed(who, **wrong))

    assert page.status_code == 422
    assert page.text.count(said) == 2
    assert read(ProviderApp) == []


@BOTH
def test_a_check_without_an_inbox_passes_what_needs_no_person(check, who):
    verdicts, page = check(who)

    microsoft = who == "microsoft"  # it takes plain http on localhost alone
    assert verdicts.pop("Redirect address") == ("Does not work" if microsoft else "Works")
    assert ("http://localhost:8000" in page) is microsoft
    assert verdicts.pop("Consent") == "Not known"
    assert verdicts.pop("Gmail API" if who == "google" else "Microsoft Graph") == "Not known"
    assert verdicts == {"Sign-in page": "Works", "Client ID and secret": "Works"}


@BOTH
def test_a_check_with_an_inbox_goes_all_the_way(check, journey, mailbox, who):
    mailbox(PATHS[who])
    journey(PATHS[who]).go()

    verdicts, page = check(who)

    assert verdicts["Consent"] == verdicts["Gmail API" if who == "google" else "Microsoft Graph"] == "Works"
    assert "ann@alpha.test is signed in." in page


@BOTH
def test_a_wrong_secret_fails_at_its_own_step(check, alice, environ, read, who):
    client_id = environ[f"{who.upper()}_CLIENT_ID"]
    alice.post(f"/integrations/{who}/edit", typed(who, client_id=client_id))

    verdicts, _ = check(who)

    assert (verdicts["Sign-in page"], verdicts["Client ID and secret"]) == ("Works", "Does not work")
    assert read(ProviderApp)[0].checked_at is not None


@BOTH
def test_an_address_that_is_not_registered_fails_at_the_page(check, world, who):
    for app in world.apps.values():
        app.redirect_uris = frozenset()

    assert check(who)[0]["Sign-in page"] == "Does not work"


def test_an_interface_that_is_not_switched_on_is_found(check, journey, mailbox, world):
    mailbox("gmail")
    journey("gmail").go()
    for app in world.apps.values():
        app.api_enabled = False

    assert check("google")[0]["Gmail API"] == "Does not work"


@BOTH
def test_a_provider_out_of_order_proves_nothing_about_the_app(check, world, who):
    for app in world.apps.values():
        app.faults.set("server_error", status=503)

    assert check(who)[0]["Client ID and secret"] == "Not known"


def test_an_app_in_testing_is_told_to_those_who_can_publish_it(alice, browse):
    alice.post("/integrations/google/edit", typed("google", audience="testing"))

    assert "Your Google app is in testing" in alice.get(f"{CONNECT}/gmail").text
    assert "Your Google app is in testing" not in browse("bob").get(f"{CONNECT}/gmail").text


@BOTH
def test_an_app_that_is_removed_leaves_that_of_the_settings(alice, read, environ, journey, who):
    alice.post(f"/integrations/{who}/edit", typed(who))

    alice.post(f"/integrations/{who}/remove")

    assert read(ProviderApp) == []
    assert query_of(journey(PATHS[who]).leave())["client_id"] == environ[f"{who.upper()}_CLIENT_ID"]


@pytest.mark.parametrize("name", ["adam", "bob", "vera"])
def test_only_owners_change_an_app_and_everybody_is_told_who_can(browse, name):
    person = browse(name)

    assert "Owners can change this." in person.get("/integrations/google").text
    assert person.post("/integrations/google/edit", typed("google")).status_code == 403
    assert person.post("/integrations/google/check").status_code == 403
