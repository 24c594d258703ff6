"""The tokens of an account: renewed once at a time, never replaced by older ones, lost only by a real refusal."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import OAuthGrant
from nimbus.rules.providers import Provider
from nimbus.services.oauth_tokens import GrantLost, GrantUnavailable, access_token, renew
from tests.services.signed_in import (
    ANN,
    age,
    events,
    grant_of,
    make_signed_in,
    refreshes,
    state_of,
)

BOTH = pytest.mark.parametrize("provider", [Provider.GMAIL, Provider.MICROSOFT], indirect=True)


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def provider(request):
    return getattr(request, "param", Provider.MICROSOFT)


@pytest.fixture
def ann(sandbox, acme, provider):
    return make_signed_in(sandbox, acme, provider)


@pytest.fixture
def faults(sandbox, ann):
    return sandbox.world.mailboxes[ANN].faults


@BOTH
def test_tokens_are_kept_sealed_with_their_scopes_and_renewed_well_before_their_end(
    acme, ann, sandbox, provider
):
    grant, token = grant_of(ann), access_token(acme, ann)

    sealed = grant.sealed_access_token + grant.sealed_refresh_token
    assert token.reveal() not in sealed
    assert (grant.failure_code, grant.refusals, grant.version) == (None, 0, 1)
    early = grant.access_until - grant.refresh_at
    assert timedelta(minutes=5) <= early <= timedelta(minutes=15)
    assert refreshes(sandbox, provider) == 0


@BOTH
def test_a_token_that_is_as_good_as_over_is_renewed_when_it_is_asked_for(acme, ann, sandbox, provider):
    before = access_token(acme, ann)
    age(ann)

    after = access_token(acme, ann)

    assert after != before
    assert access_token(acme, ann) == after
    assert (refreshes(sandbox, provider), grant_of(ann).version) == (1, 2)


def test_google_keeps_the_refresh_token_that_it_does_not_send_again(acme, sandbox):
    ann = make_signed_in(sandbox, acme, Provider.GMAIL)
    before = grant_of(ann).sealed_refresh_token
    for _ in range(2):
        age(ann)
        access_token(acme, ann)

    assert grant_of(ann).sealed_refresh_token == before


def test_a_refused_token_is_renewed_once_however_many_were_refused_with_it(acme, ann, sandbox, provider):
    refused = access_token(acme, ann)

    first, second = (access_token(acme, ann, instead_of=refused) for _ in range(2))

    assert first == second != refused
    assert refreshes(sandbox, provider) == 1


@BOTH
def test_of_many_who_need_a_new_token_at_once_one_asks(acme, ann, sandbox, provider, at_once):
    age(ann)

    tokens = at_once(lambda _: access_token(acme, ann), 8)

    assert len(set(tokens)) == 1
    assert refreshes(sandbox, provider) == 1


@BOTH
@pytest.mark.parametrize(
    ("fault", "values"),
    [("server_error", {}), ("wrong_json", {}), ("token_error", {"status": 429, "body": {}})],
)
def test_a_provider_in_trouble_changes_nothing_but_when_it_is_asked_again(
    acme, ann, faults, sandbox, provider, fault, values
):
    faults.set(fault, **values)
    age(ann)

    with pytest.raises(GrantUnavailable):
        access_token(acme, ann)

    grant = grant_of(ann)
    assert (grant.refusals, grant.version, grant.failure_code, grant.owner) == (1, 1, None, None)
    assert timedelta(seconds=10) < grant.refresh_at - now() < timedelta(seconds=20)
    assert (state_of(ann), events(ann)) == ("ok", [])


def test_one_failure_is_seen_by_all_who_wait_for_it(acme, ann, faults, sandbox, provider, at_once):
    faults.set("server_error")
    age(ann)

    said = at_once(lambda _: access_token(acme, ann), 6)

    assert {type(each) for each in said} == {GrantUnavailable}
    assert refreshes(sandbox, provider) == 1


def test_a_provider_that_has_recovered_is_asked_again_after_a_pause(
    acme, ann, faults, clock, provider, sandbox
):
    faults.set("server_error", 1)
    age(ann)
    for _ in range(2):
        with pytest.raises(GrantUnavailable):
            access_token(acme, ann)
    assert refreshes(sandbox, provider) == 1

    clock.advance(seconds=20)

    assert access_token(acme, ann)
    assert grant_of(ann).refusals == 0


def test_a_token_that_is_still_good_serves_while_the_provider_is_away(acme, ann, faults, clock):
    faults.set("server_error")
    token = access_token(acme, ann)
    clock.advance(minutes=57)
    with pytest.raises(GrantUnavailable):
        renew(acme, ann)

    assert access_token(acme, ann) == token


@BOTH
def test_a_withdrawn_permission_ends_the_sign_in_and_says_so_once(acme, ann, faults, provider):
    faults.set("revoked")
    age(ann)

    for _ in range(2):
        with pytest.raises(GrantLost):
            access_token(acme, ann)

    grant = grant_of(ann)
    assert (grant.failure_code, grant.refresh_at, grant.owner) == ("revoked", None, None)
    assert abs(grant.failed_at - now()) < timedelta(seconds=10)
    assert (state_of(ann), events(ann)) == ("auth_revoked", ["sign_in_lost"])


@pytest.mark.parametrize(
    ("number", "code"), [(50076, "interaction"), (53003, "interaction"), (700082, "revoked")]
)
def test_microsofts_number_is_kept_with_the_end_of_a_sign_in(acme, ann, faults, number, code):
    faults.set("token_error", aadsts=number)
    age(ann)

    with pytest.raises(GrantLost):
        access_token(acme, ann)

    assert (grant_of(ann).failure_code, grant_of(ann).failure_detail["code"]) == (code, str(number))


@BOTH
def test_an_app_that_is_not_accepted_marks_nobody(acme, ann, sandbox, provider):
    for app in sandbox.world.apps.values():
        app.client_secret = "another"
    age(ann)

    with pytest.raises(GrantUnavailable):
        access_token(acme, ann)

    assert (state_of(ann), grant_of(ann).failure_detail["ending"]) == ("ok", "app_wrong")


def test_who_died_while_asking_holds_nobody_up_for_longer_than_the_lease(acme, ann, clock, sandbox, provider):
    age(ann)
    lease = {"owner": "dead", "lease_until": now() + timedelta(seconds=30)}
    with db.engine.begin() as connection:
        connection.execute(sa.update(OAuthGrant).values(lease))
    clock.advance(seconds=31)

    assert access_token(acme, ann)
    assert refreshes(sandbox, provider) == 1


def test_another_workspace_has_no_part_in_a_sign_in(ann, acme):
    with pytest.raises(GrantLost):
        access_token(acme + 1, ann)
