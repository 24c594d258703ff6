"""There and back through the practice world: what a person allows is what we get, and what we know of them is right."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from nimbus.providers import oauth
from nimbus.providers.contract import Secret
from nimbus.providers.errors import GrantRefused
from nimbus.rules.oauth import OAuthPurpose, missing_scopes, needed_scopes
from nimbus.rules.oauth_answers import GrantEnding, return_ending
from nimbus.rules.providers import Provider
from nimbus.sandbox.world import System
from tests.providers.signing_in import CALLBACKS, VERIFIER, allow, app_at, asked_url, hosts_of, sign_in

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT
BOTH = pytest.mark.parametrize("provider", [GMAIL, MICROSOFT])
SYSTEMS = {GMAIL: System.GOOGLE, MICROSOFT: System.MICROSOFT}


@pytest.fixture
def ann(world, sandbox):
    """Gives Ann a mailbox at a provider; facts may be added."""
    return lambda provider, address="ann@alpha.test", **facts: world.add(
        address, name="Ann Alpha", system=SYSTEMS[provider], **facts
    )


def refused(call, *arguments, **named):
    with pytest.raises(GrantRefused) as caught:
        call(*arguments, **named)
    return caught.value


@BOTH
@pytest.mark.parametrize("purpose", OAuthPurpose)
def test_what_was_allowed_is_granted_and_says_whose_mailbox_it_is(sandbox, ann, provider, purpose):
    ann(provider)

    tokens = sign_in(sandbox, provider, "ann@alpha.test", purpose)
    person = oauth.identify(hosts_of(sandbox), provider, tokens.access)

    assert missing_scopes(provider, purpose, tokens.scopes) == ()
    assert set(needed_scopes(provider, purpose)) == tokens.scopes
    assert (person.address, person.name, person.is_consumer) == ("ann@alpha.test", "Ann Alpha", False)
    assert person.subject


@pytest.mark.parametrize(
    ("provider", "domain"), [(GMAIL, "gmail.com"), (GMAIL, "googlemail.com"), (MICROSOFT, "outlook.com")]
)
def test_a_personal_mailbox_is_told_by_its_domain(sandbox, ann, provider, domain):
    ann(provider, f"ann@{domain}", is_consumer=True)

    tokens = sign_in(sandbox, provider, f"ann@{domain}")

    assert oauth.identify(hosts_of(sandbox), provider, tokens.access).is_consumer


@BOTH
def test_somebody_without_a_mailbox_is_told_so(sandbox, ann, provider):
    ann(provider, has_mailbox=False)

    tokens = sign_in(sandbox, provider, "ann@alpha.test")

    assert (
        refused(oauth.identify, hosts_of(sandbox), provider, tokens.access).ending == GrantEnding.NO_MAILBOX
    )


def test_microsofts_sign_in_name_serves_where_the_address_is_not_shown(sandbox, ann):
    ann(MICROSOFT, shows_address=False)

    tokens = sign_in(sandbox, MICROSOFT, "ann@alpha.test")

    assert oauth.identify(hosts_of(sandbox), MICROSOFT, tokens.access).address == "ann@alpha.test"


@BOTH
def test_a_code_is_good_once(sandbox, ann, provider):
    ann(provider)
    returned = allow(asked_url(sandbox, provider), provider, "ann@alpha.test")
    given = {"code": returned["code"], "verifier": VERIFIER, "redirect_uri": CALLBACKS[provider]}

    oauth.exchange(hosts_of(sandbox), app_at(sandbox, provider), **given)
    again = refused(oauth.exchange, hosts_of(sandbox), app_at(sandbox, provider), **given)

    assert again.ending == GrantEnding.CODE_USED


@BOTH
def test_a_code_without_its_proof_is_worth_nothing(sandbox, ann, provider):
    ann(provider)
    returned = allow(asked_url(sandbox, provider), provider, "ann@alpha.test")
    given = {"code": returned["code"], "verifier": "x" * 43, "redirect_uri": CALLBACKS[provider]}

    error = refused(oauth.exchange, hosts_of(sandbox), app_at(sandbox, provider), **given)

    assert error.ending == GrantEnding.CODE_USED


@BOTH
def test_a_refresh_gives_a_good_token_until_the_owner_withdraws(sandbox, ann, provider):
    mailbox = ann(provider)
    hosts, app = hosts_of(sandbox), app_at(sandbox, provider)
    tokens = sign_in(sandbox, provider, "ann@alpha.test")

    fresh = oauth.refresh(hosts, app, tokens.refresh)
    assert oauth.identify(hosts, provider, fresh.access).address == "ann@alpha.test"
    mailbox.faults.set("revoked")

    assert refused(oauth.refresh, hosts, app, fresh.refresh or tokens.refresh).ending == GrantEnding.REVOKED
    assert refused(oauth.identify, hosts, provider, fresh.access).ending == GrantEnding.REVOKED


@BOTH
@pytest.mark.parametrize("fault", ["server_error", "wrong_json"])
def test_a_provider_in_trouble_ends_nobodys_grant(sandbox, ann, provider, fault):
    mailbox = ann(provider)
    tokens = sign_in(sandbox, provider, "ann@alpha.test")
    mailbox.faults.set(fault)

    error = refused(oauth.refresh, hosts_of(sandbox), app_at(sandbox, provider), tokens.refresh)

    assert error.ending == GrantEnding.UNAVAILABLE


@BOTH
def test_a_wrong_client_secret_is_the_apps_fault_and_ends_nobodys_grant(sandbox, ann, world, provider):
    ann(provider)
    tokens = sign_in(sandbox, provider, "ann@alpha.test")
    app = app_at(sandbox, provider)
    world.apps[app.client_id].client_secret = "another"

    assert refused(oauth.refresh, hosts_of(sandbox), app, tokens.refresh).ending == GrantEnding.APP_WRONG


@pytest.mark.parametrize(
    ("number", "ending"),
    [
        (50076, GrantEnding.INTERACTION),
        (53003, GrantEnding.INTERACTION),
        (65001, GrantEnding.INTERACTION),
        (700082, GrantEnding.REVOKED),
        (7000222, GrantEnding.APP_WRONG),
        (90033, GrantEnding.UNAVAILABLE),
    ],
)
def test_microsofts_numbers_mean_over_the_wire_what_the_table_says(sandbox, ann, number, ending):
    mailbox = ann(MICROSOFT)
    tokens = sign_in(sandbox, MICROSOFT, "ann@alpha.test")
    mailbox.faults.set("token_error", aadsts=number)

    error = refused(oauth.refresh, hosts_of(sandbox), app_at(sandbox, MICROSOFT), tokens.refresh)

    assert (error.ending, error.detail["code"]) == (ending, str(number))


def test_giving_back_a_token_ends_the_grant_at_google(sandbox, ann):
    ann(GMAIL)
    hosts, tokens = hosts_of(sandbox), sign_in(sandbox, GMAIL, "ann@alpha.test")

    oauth.revoke(hosts, GMAIL, tokens.refresh)
    oauth.revoke(hosts, GMAIL, tokens.refresh)

    assert refused(oauth.identify, hosts, GMAIL, tokens.access).ending == GrantEnding.REVOKED


def test_a_person_who_needs_an_administrator_comes_back_with_that(sandbox, ann):
    ann(MICROSOFT).faults.set("admin_approval")
    form = {"account": "ann@alpha.test", "answer": "back"}

    answer = requests.post(asked_url(sandbox, MICROSOFT), form, allow_redirects=False, timeout=10)
    returned = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    assert return_ending(returned["error"], returned["error_description"]) == GrantEnding.ADMIN_CONSENT


def test_the_administrators_link_opens_the_page_that_asks_for_our_permissions(sandbox):
    url = oauth.admin_consent_url(
        hosts_of(sandbox), app_at(sandbox, MICROSOFT), state="s", redirect_uri=CALLBACKS[MICROSOFT]
    )

    answer = requests.get(url, timeout=10)

    assert answer.status_code == 200


def test_a_token_that_was_never_given_opens_nothing(sandbox, ann):
    for provider in (GMAIL, MICROSOFT):
        ann(provider)
        error = refused(oauth.identify, hosts_of(sandbox), provider, Secret("made-up"))
        assert error.ending == GrantEnding.REVOKED
        assert "made-up" not in error.line
