"""Tokens from Google and Microsoft: what is asked, what an answer is worth, and what a refusal lets out."""

import traceback
from urllib.parse import parse_qs, urlsplit

import pytest

from nimbus.providers import oauth
from nimbus.providers.contract import OAuthApp, Secret
from nimbus.providers.errors import GrantRefused
from nimbus.rules.oauth import OAuthPurpose
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from tests.providers.scripted_http import ScriptedHttp, answered, hang_up, hosts, stay_silent

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT
CANARIES = ("secret-of-the-app", "refresh-canary", "code-canary", "verifier-canary")
TOKENS = {
    "access_token": "at",
    "refresh_token": "rt",
    "expires_in": 3599,
    "scope": "profile",
    "token_type": "Bearer",
}


def app(provider=GMAIL, tenant="common"):
    return OAuthApp(
        provider=provider, client_id="our-client", client_secret=Secret("secret-of-the-app"), tenant=tenant
    )


def refresh(server, provider=GMAIL, **changed):
    return oauth.refresh(server.hosts(**changed), app(provider), Secret("refresh-canary"))


def exchange(server, provider=GMAIL):
    return oauth.exchange(
        server.hosts(),
        app(provider),
        code="code-canary",
        verifier="verifier-canary",
        redirect_uri="http://localhost/back",
    )


def refused(call, server, *arguments, **changed):
    """How a call was refused, after a search for what it carried in all that it leaves."""
    with pytest.raises(GrantRefused) as caught:
        call(server, *arguments, **changed)
    error = caught.value
    told = "".join(traceback.format_exception_only(error))
    left = f"{told} {error!r} {error.__context__!r} {error.line} {error.detail}"
    assert not any(canary in left for canary in CANARIES)
    return error


def asked(provider, **changed):
    usual = {
        "purpose": OAuthPurpose.CONNECT,
        "state": "s",
        "challenge": "c",
        "redirect_uri": "http://localhost/back",
    }
    url = oauth.authorization_url(hosts("http://127.0.0.1:1"), app(provider), **(usual | changed))
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.claim("C05", partly=True)
def test_the_way_to_google_asks_for_exactly_the_scopes_with_proof_and_a_refresh_token():
    assert asked(GMAIL) == {
        "response_type": "code",
        "client_id": "our-client",
        "redirect_uri": "http://localhost/back",
        "scope": "https://www.googleapis.com/auth/gmail.send https://www.googleapis.com/auth/gmail.readonly profile",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent select_account",
    }
    assert asked(GMAIL, login_hint="ann@example.com")["prompt"] == "consent"
    assert "prompt" not in asked(GMAIL, login_hint="ann@example.com", prompt_consent=False)


@pytest.mark.claim("C12", partly=True)
def test_the_way_to_microsoft_asks_for_exactly_the_scopes_with_proof():
    graph = "https://graph.microsoft.com/"

    assert asked(MICROSOFT) == {
        "response_type": "code",
        "client_id": "our-client",
        "redirect_uri": "http://localhost/back",
        "scope": f"offline_access {graph}Mail.Send {graph}Mail.Read {graph}User.Read",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "response_mode": "query",
        "prompt": "select_account",
    }
    assert asked(MICROSOFT, login_hint="ann@example.com")["login_hint"] == "ann@example.com"


@pytest.mark.parametrize(
    ("tenant", "directory"),
    [("common", "organizations"), ("consumers", "organizations"), ("example.com", "example.com")],
)
def test_an_administrator_is_sent_to_a_directory_and_never_to_common(tenant, directory):
    url = urlsplit(
        oauth.admin_consent_url(
            hosts("http://127.0.0.1:1"),
            app(MICROSOFT, tenant),
            state="s",
            redirect_uri="http://localhost/back",
        )
    )

    assert url.path == f"/{directory}/v2.0/adminconsent"
    assert set(parse_qs(url.query)) == {"client_id", "redirect_uri", "state", "scope"}
    assert "offline_access" not in url.query


def test_a_code_is_exchanged_with_its_proof():
    with ScriptedHttp(answered(TOKENS)) as server:
        tokens = exchange(server)

    assert server.asked[0].form == {
        "grant_type": "authorization_code",
        "code": "code-canary",
        "code_verifier": "verifier-canary",
        "redirect_uri": "http://localhost/back",
        "client_id": "our-client",
        "client_secret": "secret-of-the-app",
    }
    assert (tokens.access.reveal(), tokens.refresh.reveal(), tokens.expires_in) == ("at", "rt", 3599)
    assert "rt" not in repr(tokens)


def test_microsoft_is_asked_at_the_tenant_of_the_app():
    with ScriptedHttp(answered(TOKENS)) as server:
        refresh(server, MICROSOFT)

    assert server.asked[0].path == "/common/oauth2/v2.0/token"


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one():
    with ScriptedHttp(answered({**TOKENS, "refresh_token": None}), answered(TOKENS)) as server:
        assert refresh(server).refresh is None
        assert refresh(server).refresh == Secret("rt")


def test_an_exchange_without_a_refresh_token_connects_nothing():
    with ScriptedHttp(answered({**TOKENS, "refresh_token": None})) as server:
        assert refused(exchange, server).ending == GrantEnding.SCOPE_MISSING


@pytest.mark.parametrize(
    "changed",
    [
        {"access_token": None},
        {"access_token": 5},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "a\r\nX-Header: b"},
        {"access_token": "ä"},
        {"access_token": "x" * 20_000},
        {"refresh_token": ["rt"]},
        {"refresh_token": ""},
        {"expires_in": None},
        {"expires_in": -1},
        {"expires_in": True},
        {"expires_in": "soon"},
        {"scope": 7},
    ],
)
def test_an_answer_that_is_not_what_was_promised_proves_nothing(changed):
    with ScriptedHttp(answered(TOKENS | changed)) as server:
        assert refused(refresh, server).ending == GrantEnding.UNAVAILABLE


@pytest.mark.parametrize(("said", "kept"), [(1, 60), ("3600", 3600), (10**12, 86_400)])
def test_the_life_of_a_token_is_a_sane_number_of_seconds(said, kept):
    with ScriptedHttp(answered(TOKENS | {"expires_in": said})) as server:
        assert refresh(server).expires_in == kept


@pytest.mark.parametrize(
    "answer", [hang_up, answered(b"<html>Sorry</html>"), answered([1]), answered({}, 302)]
)
def test_a_fault_of_the_network_or_the_provider_proves_nothing(answer):
    with ScriptedHttp(answer) as server:
        assert refused(refresh, server).ending == GrantEnding.UNAVAILABLE


def test_a_provider_that_hangs_costs_its_time_and_proves_nothing():
    with ScriptedHttp(stay_silent) as server:
        error = refused(refresh, server, call_seconds=0.3)

    assert (error.ending, error.line) == (GrantEnding.UNAVAILABLE, "No usable answer came in time.")


def test_a_refusal_is_told_in_the_providers_words_without_what_was_sent():
    words = "AADSTS50076: Use MFA.\r\nYou sent refresh-canary and secret-of-the-app"
    body = {"error": "invalid_grant", "error_description": words, "error_codes": [50076], "trace_id": "11-aa"}
    with ScriptedHttp(answered(body, 400)) as server:
        error = refused(refresh, server, MICROSOFT)

    assert error.ending == GrantEnding.INTERACTION
    assert error.line == "400 invalid_grant: AADSTS50076: Use MFA. You sent •••• and ••••"
    assert error.detail == {"code": "50076", "reference": "11-aa"}


def test_giving_back_asks_google_and_nobody_at_microsoft():
    with ScriptedHttp(answered({}), answered({"error": "invalid_token"}, 400)) as server:
        oauth.revoke(server.hosts(), GMAIL, Secret("rt"))
        oauth.revoke(server.hosts(), GMAIL, Secret("dead"))
        oauth.revoke(server.hosts(), MICROSOFT, Secret("rt"))

    assert [asked.form for asked in server.asked] == [{"token": "rt"}, {"token": "dead"}]
    assert all(asked.query == {} for asked in server.asked)


@pytest.mark.parametrize("answer", [hang_up, answered({}, 503), answered({"error": "invalid_request"}, 400)])
def test_giving_back_that_failed_is_said(answer):
    with ScriptedHttp(answer) as server, pytest.raises(GrantRefused) as caught:
        oauth.revoke(server.hosts(), GMAIL, Secret("rt"))

    assert caught.value.ending == GrantEnding.UNAVAILABLE
