"""Giving a permission back, while a person waits for the page that says so."""

import time

import pytest

from nimbus.providers.contract import OAuthApp, Secret, Tokens
from nimbus.rules.providers import Provider
from nimbus.services import provider_apps
from nimbus.services.give_back import give_back_tokens, tell
from tests.providers.scripted_http import ScriptedHttp, answered, stay_silent

APP = OAuthApp(provider=Provider.GMAIL, client_id="app", client_secret=Secret("s"))
TOKENS = Tokens(access=Secret("a"), refresh=Secret("r"), expires_in=3600, scopes=frozenset())


@pytest.fixture
def google():
    with ScriptedHttp() as server:
        yield server


@pytest.fixture
def environ(google):
    return {
        "GOOGLE_USERINFO_URL": f"{google.url}/userinfo",
        "GOOGLE_REVOKE_URL": f"{google.url}/revoke",
        "NIMBUS_OUTBOUND_ALLOW": f"127.0.0.1/32:{google.port}",
    }


@pytest.fixture
def patience(monkeypatch):
    """A person's, made shorter still: a call of the usual length would take 15 seconds."""
    monkeypatch.setattr(provider_apps, "PATIENCE", 0.3)


@pytest.mark.parametrize("before", [[], [answered({"sub": "ann"})]], ids=["whose it is", "that it is over"])
def test_a_google_that_is_silent_costs_no_more_than_a_persons_patience(context, google, patience, before):
    google.answers = [*before, stay_silent]
    began = time.monotonic()

    give_back_tokens(APP, TOKENS)

    assert time.monotonic() - began < 5
    assert [asked.path for asked in google.asked] == ["/userinfo", "/revoke"][: len(before) + 1]


def test_a_google_that_did_not_hear_of_it_is_said(context, google, patience):
    google.answers = [stay_silent]

    assert tell(Secret("r")) is False
    assert [asked.form for asked in google.asked] == [{"token": "r"}]
