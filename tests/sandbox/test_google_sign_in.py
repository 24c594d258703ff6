"""The practice Google's sign-in keeps to the published shapes."""

import re
from urllib.parse import urlencode

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from nimbus.sandbox.google_grants import MODIFY, PROFILE, READ, SEND
from tests.sandbox.google_client import CALLBACK, CLIENT_ID, CLIENT_SECRET, SCOPES, Gmail

BAD = {"error": "invalid_grant", "error_description": "Bad Request"}


def test_an_independent_client_signs_in_with_pkce_and_refreshes(google, ann):
    endpoint, proof = f"{google.url}/token", {"code_verifier": "v" * 43}
    asked = {"scope": SCOPES, "redirect_uri": CALLBACK, "code_challenge_method": "S256"}
    with OAuth2Session(CLIENT_ID, CLIENT_SECRET, **asked) as session:
        url, state = session.create_authorization_url(
            f"{google.url}/o/oauth2/v2/auth", access_type="offline", prompt="consent", **proof
        )

        form = {"account": ann.address, "scope": [SEND, READ], "decision": "allow"}
        back = requests.post(url, form, allow_redirects=False, timeout=10).headers["Location"]
        token = session.fetch_token(endpoint, authorization_response=back, state=state, **proof)
        renewed = session.refresh_token(endpoint, token["refresh_token"])

        assert renewed["access_token"] != token["access_token"]
        profile = session.get(f"{google.url}/gmail/v1/users/me/profile").json()
        assert profile["emailAddress"] == ann.address


def test_the_answers_have_the_documented_keys(google):
    back = google.decide()
    given = google.exchange(back["code"]).json()
    renewed = google.refresh(given["refresh_token"]).json()

    assert back.keys() == {"code", "scope", "state", "authuser", "prompt", "hd"}
    assert (back["state"], back["hd"]) == ("a-state", "example.com")
    assert given.keys() == {"access_token", "expires_in", "refresh_token", "scope", "token_type"}
    assert renewed.keys() == given.keys() - {"refresh_token"}
    assert (given["expires_in"], given["token_type"]) == (3599, "Bearer")
    assert set(given["scope"].split()) == {SEND, READ, PROFILE}


def test_a_consumer_comes_back_without_an_organisation(google):
    assert "hd" not in google.decide("bob@gmail.com")


def test_the_page_offers_accounts_and_scopes_and_says_that_it_is_not_google(google):
    text = google.page(login_hint="Bob@gmail.com").text

    assert "not Google" in text
    assert re.findall(r'value="(\S+@\S+)"', text) == ["bob@gmail.com", "ann@example.com"]
    assert re.search(r'value="bob@gmail.com"\s+required\s+checked', text)
    assert re.findall(r'type="checkbox" name="scope" value="(\S+)" checked', text) == [SEND, READ]


def test_the_organisation_asked_for_narrows_the_accounts(google):
    assert "bob@gmail.com" not in google.page(hd="*").text
    assert "ann@example.com" not in google.page(hd="example.net").text


@pytest.mark.parametrize(
    ("changed", "error", "status"),
    [
        ({"client_id": "nobody"}, "invalid_client", 401),
        ({"redirect_uri": "http://evil.example/"}, "redirect_uri_mismatch", 400),
        ({"redirect_uri": None}, "redirect_uri_mismatch", 400),
        ({"state": None}, "invalid_request", 400),
        ({"response_type": "token"}, "unsupported_response_type", 400),
        ({"scope": "gmail.everything"}, "invalid_scope", 400),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request", 400),
    ],
)
def test_a_wrong_request_ends_on_a_page_and_never_leads_back(google, changed, error, status):
    for response in (google.page(**changed), google.decide(**changed)):
        assert response.status_code == status
        assert f"Error {status}: {error}" in response.text


def test_whoever_is_not_let_in_is_told_so_at_google(google, ann):
    google.app.audience, google.app.organization = "internal", "example.net"
    assert "org_internal" in google.decide().text

    google.app.organization = "example.com"
    ann.faults.set("policy_block")
    assert "admin_policy_enforced" in google.decide().text
    assert "Choose an account" in google.decide("nobody@example.com").text


def test_deny_comes_back_as_access_denied(google):
    assert google.decide(decision="deny") == {"error": "access_denied", "state": "a-state"}


def test_permitting_nothing_is_denying(google):
    assert google.decide(scopes=(), scope=SEND) == {"error": "access_denied", "state": "a-state"}


def test_an_unticked_scope_is_missing_from_the_answer_and_refused_later(google):
    given = google.exchange(google.decide(scopes=[SEND])["code"]).json()

    response = Gmail(google.url, given["access_token"]).get("messages")

    assert set(given["scope"].split()) == {SEND, PROFILE}
    assert response.status_code == 403
    assert response.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"


def test_a_scope_that_was_not_asked_for_is_not_given(google):
    given = google.exchange(google.decide(scopes=[SEND, READ, MODIFY])["code"]).json()

    assert MODIFY not in given["scope"]


def test_scopes_of_before_are_included_when_asked_for(google):
    google.exchange(google.decide()["code"])

    back = google.decide(scope=MODIFY, scopes=[MODIFY], include_granted_scopes="true")

    assert set(google.exchange(back["code"]).json()["scope"].split()) == {SEND, READ, PROFILE, MODIFY}


@pytest.mark.parametrize(
    ("changed", "has_one"),
    [({"prompt": None}, False), ({"prompt": "consent"}, True), ({"access_type": None}, False)],
)
def test_a_second_consent_gives_a_refresh_token_only_when_consent_was_prompted(
    google, tokens, changed, has_one
):
    given = google.exchange(google.decide(**changed)["code"]).json()

    assert ("refresh_token" in given) is has_one


def test_the_first_consent_gives_one_in_any_case(google):
    assert "refresh_token" in google.exchange(google.decide(prompt=None)["code"]).json()


def test_a_code_is_good_once_and_for_ten_minutes(google, clock):
    used, late = google.decide()["code"], google.decide()["code"]
    google.exchange(used)
    assert (google.exchange(used).status_code, google.exchange(used).json()) == (400, BAD)

    clock.advance(minutes=10)
    assert google.exchange(late).json() == BAD


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({}, {"error": "invalid_grant", "error_description": "Missing code verifier."}),
        (
            {"code_verifier": "x" * 43},
            {"error": "invalid_grant", "error_description": "Invalid code verifier."},
        ),
        (
            {"redirect_uri": "http://x/"},
            {"error": "redirect_uri_mismatch", "error_description": "Bad Request"},
        ),
        ({"client_secret": "wrong"}, {"error": "invalid_client", "error_description": "Unauthorized"}),
        (
            {"client_id": "nobody"},
            {"error": "invalid_client", "error_description": "The OAuth client was not found."},
        ),
        ({"code": "abc"}, {"error": "invalid_grant", "error_description": "Malformed auth code."}),
        ({"code": "4/0Amadeup"}, BAD),
        ({"code": ""}, {"error": "invalid_request", "error_description": "Missing required parameter: code"}),
        (
            {"grant_type": "password"},
            {"error": "unsupported_grant_type", "error_description": "Invalid grant_type: password"},
        ),
        (
            {"grant_type": ""},
            {"error": "invalid_request", "error_description": "Missing required parameter: grant_type"},
        ),
        (
            {"client_id": ""},
            {"error": "invalid_request", "error_description": "Could not determine client ID from request."},
        ),
    ],
)
def test_a_wrong_exchange_is_refused_in_googles_words(google, form, answer):
    back = google.decide(code_challenge="y" * 43, code_challenge_method="S256")

    response = google.token(**({"grant_type": "authorization_code", "code": back["code"]} | form))

    assert response.json() == answer
    assert response.status_code == (401 if answer["error"] == "invalid_client" else 400)


def test_a_client_may_prove_itself_by_http_basic(google):
    form = urlencode(
        {"grant_type": "authorization_code", "code": google.decide()["code"], "redirect_uri": CALLBACK}
    )

    response = requests.post(
        f"{google.url}/token",
        form,
        auth=(CLIENT_ID, CLIENT_SECRET),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )

    assert response.status_code == 200
