"""The practice Microsoft's sign-in keeps to the published shapes."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from nimbus.sandbox.microsoft_state import CONSUMERS, tenant_id
from nimbus.sandbox.world import System
from tests.sandbox.microsoft_client import CALLBACK, CLIENT_ID, CLIENT_SECRET, HOST, READING, returned


@pytest.fixture
def admin_link(microsoft):
    """What an administrator is sent."""

    def link(tenant="organizations", **changed):
        url = f"{microsoft.url}/{tenant}/v2.0/adminconsent"
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "state": "s",
            "scope": " ".join(READING[1:]),
        }
        return requests.Request("GET", url, params=query | changed).prepare().url

    return link


def test_an_independent_client_signs_in_with_pkce_and_refreshes(microsoft):
    session = OAuth2Session(
        CLIENT_ID, CLIENT_SECRET, scope=" ".join(READING), redirect_uri=CALLBACK, code_challenge_method="S256"
    )
    verifier = "v" * 64
    url, state = session.create_authorization_url(microsoft.authorize_url(), code_verifier=verifier)
    answer = {"account": "mia@contoso.example", "answer": "accept"}
    back = requests.post(url, answer, allow_redirects=False, timeout=10).headers["Location"]

    token_url = f"{microsoft.url}/common/oauth2/v2.0/token"
    first = session.fetch_token(token_url, authorization_response=back, state=state, code_verifier=verifier)
    second = session.refresh_token(token_url)

    assert first["scope"] == f"{HOST}Mail.Read {HOST}Mail.Send {HOST}User.Read"
    assert second["refresh_token"] != first["refresh_token"]
    assert session.get(f"{microsoft.url}/v1.0/me").json()["mail"] == "mia@contoso.example"


def test_the_hinted_account_is_chosen_beforehand(microsoft):
    page = microsoft.page(login_hint="Olga@outlook.com").text

    assert re.findall(r'value="([^"]+)"\s+checked', page) == ["olga@outlook.com"]


@pytest.mark.parametrize(
    ("tenant", "shown"),
    [
        ("common", {"mia@contoso.example", "olga@outlook.com"}),
        ("organizations", {"mia@contoso.example"}),
        ("consumers", {"olga@outlook.com"}),
        (CONSUMERS, {"olga@outlook.com"}),
        ("contoso.example", {"mia@contoso.example"}),
        (tenant_id("contoso.example"), {"mia@contoso.example"}),
        ("fabrikam.example", set()),
    ],
)
def test_a_tenant_shows_its_own_accounts(microsoft, tenant, shown):
    assert set(re.findall(r'value="([^"]+@[^"]+)"', microsoft.page(tenant).text)) == shown


@pytest.mark.parametrize(
    ("tenant", "account", "number"),
    [
        ("common", "nobody@contoso.example", 50034),
        ("organizations", "olga@outlook.com", 500208),
        ("consumers", "mia@contoso.example", 500208),
        ("fabrikam.example", "mia@contoso.example", 50020),
    ],
)
def test_an_account_that_does_not_fit_is_told_so(microsoft, tenant, account, number):
    response = microsoft.press("next", "", tenant=tenant, form={"other": account})

    assert response.status_code == 400
    assert f"AADSTS{number}" in response.text
    assert account in response.text


def test_consent_is_asked_for_once_unless_it_is_prompted_for(microsoft):
    assert "Send mail as you" in microsoft.press("next").text
    microsoft.code()

    assert "code" in returned(microsoft.press("next"))
    assert "Permissions requested" in microsoft.press("next", prompt="consent").text
    assert "Read and write access" in microsoft.press("next", scope="Mail.ReadWrite").text


def test_cancelling_leads_back_with_the_reason(microsoft):
    answer = returned(microsoft.press("cancel"))

    assert answer.pop("error_description").startswith("AADSTS65004: ")
    assert answer == {"error": "access_denied", "error_subcode": "cancel", "state": "a-state"}


def test_a_silent_sign_in_is_refused(microsoft):
    assert returned(microsoft.page(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"client_id": "unknown"}, 700016),
        ({"redirect_uri": f"{CALLBACK}/"}, 50011),
        ({"redirect_uri": None}, 50011),
    ],
)
def test_a_request_that_cannot_be_trusted_never_leads_back(microsoft, changed, number):
    response = microsoft.page(**changed)

    assert response.status_code == 400
    assert f"AADSTS{number}" in response.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "invalid_request"),
        ({"scope": "Mail.Everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": "abc", "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_wrong_wish_is_told_to_the_app(microsoft, changed, error):
    answer = returned(microsoft.page(**changed))

    assert (answer["error"], answer["state"]) == (error, "a-state")


def test_an_app_of_one_tenant_is_not_served_at_common(microsoft, world):
    app = world.register(
        "single", "s", system=System.MICROSOFT, redirect_uris=[CALLBACK], audience="internal",
        organization="contoso.example",
    )  # fmt: skip

    assert "AADSTS50194" in microsoft.page(client_id=app.client_id).text
    assert microsoft.page("contoso.example", client_id=app.client_id).status_code == 200


@pytest.mark.parametrize("error", ["access_denied", "consent_required"])
def test_where_an_admin_must_approve_the_way_back_says_90094(microsoft, mia, error):
    mia.faults.set("admin_approval")

    assert "Need admin approval" in microsoft.press("next").text
    assert "Need admin approval" in microsoft.press("accept").text
    answer = returned(microsoft.press("back", form={"error": error}))

    assert answer["error"] == error
    assert answer["error_description"].startswith("AADSTS90094: ")


def test_an_administrators_consent_lets_everybody_in(microsoft, mia, admin_link):
    mia.faults.set("admin_approval")
    form = {"domain": "contoso.example", "answer": "accept"}

    answer = returned(requests.post(admin_link(), form, allow_redirects=False, timeout=10))

    assert answer["admin_consent"] == "True"
    assert answer["tenant"] == tenant_id("contoso.example")
    assert set(answer["scope"].split()) == set(READING[1:])
    assert answer["state"] == "s"
    assert "code" in returned(microsoft.press("next"))


@pytest.mark.parametrize(
    ("answer", "error", "number"), [("cancel", "access_denied", 65004), ("none", "consent_required", 90094)]
)
def test_a_refused_admin_consent_says_who_refused(admin_link, answer, error, number):
    form = {"domain": "contoso.example", "answer": answer}
    back = returned(requests.post(admin_link(), form, allow_redirects=False, timeout=10))

    assert (back["admin_consent"], back["error"]) == ("True", error)
    assert back["error_description"].startswith(f"AADSTS{number}: ")


def test_admin_consent_is_not_for_common_and_shows_one_tenant(admin_link):
    assert requests.get(admin_link("common"), timeout=10).status_code == 400
    assert requests.get(admin_link(scope="Everything"), timeout=10).status_code == 400
    assert "contoso.example" in requests.get(admin_link("contoso.example"), timeout=10).text
    assert "No organization" in requests.get(admin_link("fabrikam.example"), timeout=10).text


def test_a_second_factor_is_asked_for_until_it_is_given(microsoft, mia):
    mia.faults.set("mfa")

    assert "Verify your identity" in microsoft.press("next").text
    assert "Permissions requested" in microsoft.press("verified").text
    assert "code" in returned(microsoft.press("accept"))


def test_a_policy_ends_the_sign_in_without_a_way_back(microsoft, mia):
    mia.faults.set("policy_block")
    response = microsoft.press("accept")

    assert response.status_code == 403
    assert "AADSTS53003" in response.text
    assert "<form" not in response.text


def test_somebody_elses_account_can_come_back(microsoft, mia):
    mia.faults.set("wrong_account", address="olga@outlook.com")
    tokens = microsoft.exchange(microsoft.code()).json()

    me = requests.get(
        f"{microsoft.url}/v1.0/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=10
    )
    assert me.json()["mail"] == "olga@outlook.com"


def test_other_permissions_can_be_granted_than_were_asked_for(microsoft, mia):
    mia.faults.set("changed_scopes", scopes=f"offline_access {HOST}User.Read")

    assert microsoft.exchange(microsoft.code()).json()["scope"] == f"{HOST}User.Read"


def test_the_state_comes_back_as_it_was_given(microsoft):
    location = microsoft.press("accept", state="a b&c=d").headers["Location"]

    assert dict(parse_qsl(urlsplit(location).query))["state"] == "a b&c=d"
