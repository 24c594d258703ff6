"""The sign-in on an account's page: whether it works, since when not, why that may be, and the way to repair it."""

import pytest

from nimbus.database import transaction
from nimbus.models import OAuthGrant
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.services.end_grant import end_grant
from tests.services.signed_in import make_signed_in

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def signed_in(app, cast, sandbox):
    """Signs Ann in at a provider; the address of her account's page."""

    def make(provider=GMAIL):
        with app.app_context():
            return f"/email-accounts/{make_signed_in(sandbox, cast.alice.workspace_id, provider)}"

    return make


@pytest.fixture
def end(app, cast, clock):
    """Let that sign-in end, so long after it was given."""

    def over(url, ending=GrantEnding.REVOKED, *, line="400 invalid_grant: Bad", code="", **after):
        clock.advance(**after)
        account_id = int(url.rpartition("/")[2])
        with app.app_context(), transaction() as session:
            grant = session.get_one(OAuthGrant, account_id)
            grant.refreshed_at = grant.granted_at
            end_grant(session, cast.alice.workspace_id, account_id, ending, line=line, code=code)

    return over


@pytest.mark.parametrize(("provider", "name"), [(GMAIL, "Google"), (MICROSOFT, "Microsoft")])
def test_a_sign_in_that_works_says_what_it_allows_and_holds_no_token(signed_in, alice, read, provider, name):
    page = alice.get(signed_in(provider)).text

    assert f"Sign-in at {name}" in page
    assert "NimbusOS may read mail, send mail and see" in page
    [grant] = read(OAuthGrant)
    assert grant.sealed_access_token not in page
    assert grant.sealed_refresh_token not in page


def test_a_sign_in_that_is_over_says_since_when_and_what_may_have_happened(signed_in, end, alice, clock):
    url = signed_in()
    end(url, days=3)
    clock.advance(hours=2)

    page = alice.get(url).text

    assert "Google no longer accepts the sign-in of this inbox." in page
    assert "2 h ago" in page
    assert "The password of the mailbox was changed." in page
    assert "400 invalid_grant: Bad" in page
    assert f'href="{url}/reconnect"' in page


def test_the_week_of_an_app_in_testing_is_recognised(signed_in, end, alice):
    url = signed_in()
    end(url, days=7, minutes=40)

    page = alice.get(url).text

    assert "how Google treats every sign-in of an app in testing" in page
    assert "It may be one of these" not in page


def test_microsofts_number_is_said_in_its_own_words(signed_in, end, alice):
    url = signed_in(MICROSOFT)
    end(url, GrantEnding.INTERACTION, code="50076", days=3)

    page = alice.get(url).text

    assert "Microsoft asks for a second factor." in page
    assert "It may be one of these" not in page


def test_a_provider_that_is_away_is_said_to_be_without_alarm(app, signed_in, alice, clock):
    url = signed_in()
    with app.app_context(), transaction() as session:
        grant = session.get_one(OAuthGrant, int(url.rpartition("/")[2]))
        grant.refusals, grant.failure_detail = 2, {"ending": "unavailable", "line": "503"}
        grant.refresh_at = clock.now()
        clock.advance(seconds=-60)

    page = alice.get(url).text

    assert "Google did not give a usable answer." in page
    assert "It is asked again" in page
    assert "Needs attention" not in page


def test_a_viewer_sees_why_and_no_way_to_change_it(signed_in, end, browse):
    url = signed_in()
    end(url, days=3)

    page = browse("vera").get(url).text

    assert "Google no longer accepts the sign-in" in page
    assert f"{url}/reconnect" not in page
