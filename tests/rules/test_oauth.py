"""Which permissions are asked for, what is missing of them, and how they are named to a person."""

import pytest

from nimbus.rules.oauth import (
    OAUTH_PROVIDERS,
    OAuthPurpose,
    asked_scopes,
    in_words,
    may_engage,
    missing_scopes,
    needed_scopes,
    normal_scopes,
)
from nimbus.rules.providers import Provider

GOOGLE, GRAPH = "https://www.googleapis.com/auth/", "https://graph.microsoft.com/"
PURPOSES = [(provider, purpose) for provider in OAUTH_PROVIDERS for purpose in OAuthPurpose]


@pytest.mark.claim("C05", partly=True)
def test_exactly_the_scopes_of_the_specification_are_asked_of_google():
    asked = asked_scopes(Provider.GMAIL, OAuthPurpose.CONNECT).split()

    assert asked == [f"{GOOGLE}gmail.send", f"{GOOGLE}gmail.readonly", "profile"]


@pytest.mark.claim("C12", partly=True)
def test_exactly_the_scopes_of_the_specification_are_asked_of_microsoft_beside_the_refresh_token():
    asked = asked_scopes(Provider.MICROSOFT, OAuthPurpose.CONNECT).split()

    assert asked == ["offline_access", f"{GRAPH}Mail.Send", f"{GRAPH}Mail.Read", f"{GRAPH}User.Read"]


@pytest.mark.parametrize(("provider", "purpose"), PURPOSES)
def test_what_is_granted_as_asked_lacks_nothing(provider, purpose):
    granted = normal_scopes(provider, asked_scopes(provider, purpose))

    assert missing_scopes(provider, purpose, granted) == ()
    assert may_engage(provider, granted) == (purpose is OAuthPurpose.ENGAGE)


@pytest.mark.parametrize("provider", OAUTH_PROVIDERS)
def test_each_scope_that_was_unticked_is_missing_by_its_name(provider):
    needed = needed_scopes(provider, OAuthPurpose.CONNECT)

    for scope in needed:
        assert missing_scopes(provider, OAuthPurpose.CONNECT, set(needed) - {scope}) == (scope,)


def test_googles_long_names_and_microsofts_short_ones_are_the_same_scopes():
    google = (
        f"openid {GOOGLE}userinfo.email {GOOGLE}userinfo.profile {GOOGLE}gmail.send {GOOGLE}gmail.readonly"
    )

    assert missing_scopes(Provider.GMAIL, OAuthPurpose.CONNECT, normal_scopes(Provider.GMAIL, google)) == ()
    assert normal_scopes(Provider.MICROSOFT, f"mail.read {GRAPH}Mail.SEND openid") == {
        f"{GRAPH}Mail.Read",
        f"{GRAPH}Mail.Send",
        "openid",
    }


@pytest.mark.parametrize("provider", OAUTH_PROVIDERS)
def test_permission_to_change_mail_is_permission_to_read_it(provider):
    send, read, name, change = needed_scopes(provider, OAuthPurpose.ENGAGE)

    assert missing_scopes(provider, OAuthPurpose.CONNECT, {send, name, change}) == ()
    assert missing_scopes(provider, OAuthPurpose.ENGAGE, {send, read, name}) == (change,)


def test_permissions_are_named_as_a_person_would():
    needed = needed_scopes(Provider.GMAIL, OAuthPurpose.CONNECT)

    assert in_words(needed) == "send mail, read mail and see your name"
    assert in_words(needed[1:2]) == "read mail"
    assert in_words([]) == ""
    assert in_words(["something.new"]) == "something.new"
