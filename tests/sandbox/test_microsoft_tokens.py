"""The practice Microsoft's token endpoint keeps to the published bodies."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from nimbus.sandbox.microsoft_errors import LOGIN_ANSWERS
from nimbus.sandbox.microsoft_grants import challenge_of
from nimbus.sandbox.world import System
from tests.sandbox.microsoft_client import CALLBACK, CHANGING, CLIENT_ID, CLIENT_SECRET, HOST, READING

VERIFIER = "v" * 43
DESCRIBED = re.compile(r"AADSTS(\d+): .+ Trace ID: \S+ Correlation ID: \S+ Timestamp: [\d-]+ [\d:]+Z")


@pytest.fixture
def tokens(microsoft):
    """What Mia's consent yields."""
    return microsoft.grants.issue(CLIENT_ID, "mia@contoso.example", READING)


def number_of(response, error="invalid_grant", status=400):
    """The AADSTS number of a refusal, whose body is checked on the way."""
    body = response.json()
    assert (response.status_code, body["error"]) == (status, error)
    assert body.keys() - {"suberror"} == {
        "error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri",
    }  # fmt: skip
    assert DESCRIBED.fullmatch(body["error_description"])[1] == str(body["error_codes"][0])
    return body["error_codes"][0]


def test_a_code_yields_tokens_in_the_published_shape(microsoft):
    response = microsoft.exchange(microsoft.code())
    body = response.json()

    assert response.headers["Cache-Control"] == "no-store"
    assert body.pop("access_token")
    assert body.pop("refresh_token").startswith("0.AX")
    assert body == {
        "token_type": "Bearer",
        "scope": f"{HOST}Mail.Read {HOST}Mail.Send {HOST}User.Read",
        "expires_in": 3599,
        "ext_expires_in": 3599,
    }


def test_without_offline_access_there_is_no_refresh_token(microsoft):
    assert "refresh_token" not in microsoft.exchange(microsoft.code(scope="User.Read Mail.Send")).json()


def test_a_code_is_good_once_and_for_ten_minutes(microsoft, clock):
    first, late = microsoft.code(), microsoft.code()
    assert microsoft.exchange(first).status_code == 200
    clock.advance(minutes=11)

    assert number_of(microsoft.exchange(first)) == 54005
    assert number_of(microsoft.exchange(late)) == 70008
    assert number_of(microsoft.exchange("made up")) == 70000


def test_a_code_wants_its_verifier_and_its_redirect_uri(microsoft):
    code = microsoft.code(code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")

    assert number_of(microsoft.exchange(code)) == 501481
    assert number_of(microsoft.exchange(code, code_verifier="w" * 43)) == 501481
    elsewhere = microsoft.exchange(code, redirect_uri=f"{CALLBACK}2", code_verifier=VERIFIER)
    assert number_of(elsewhere, "invalid_request") == 50011
    assert microsoft.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_client_must_prove_itself_by_form_or_by_basic(microsoft, tokens):
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    url = f"{microsoft.url}/common/oauth2/v2.0/token"

    assert requests.post(url, form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10).status_code == 200
    assert number_of(microsoft.token(**form, client_secret="wrong"), "invalid_client", 401) == 7000215
    assert number_of(microsoft.token(**form, client_id="unknown"), "unauthorized_client") == 700016
    assert number_of(microsoft.token(**form, client_id=""), "invalid_request") == 90014
    assert number_of(microsoft.token(grant_type="password"), "unsupported_grant_type") == 70003


def test_another_app_cannot_use_a_token(microsoft, world, tokens):
    world.register("other", "s", system=System.MICROSOFT, redirect_uris=[CALLBACK])
    foreign = microsoft.refresh(tokens["refresh_token"], client_id="other", client_secret="s")

    assert number_of(foreign) == 70000


def test_each_refresh_yields_a_new_token_and_the_old_one_stays_good(microsoft, tokens):
    second = microsoft.refresh(tokens["refresh_token"]).json()["refresh_token"]
    third = microsoft.refresh(tokens["refresh_token"]).json()["refresh_token"]

    assert len({tokens["refresh_token"], second, third}) == 3
    assert microsoft.refresh(second).status_code == 200


def test_a_refresh_token_keeps_its_own_age(microsoft, tokens, clock):
    clock.advance(days=80)
    second = microsoft.refresh(tokens["refresh_token"]).json()["refresh_token"]
    clock.advance(days=11)

    assert number_of(microsoft.refresh(tokens["refresh_token"])) == 700082
    assert microsoft.refresh(second).status_code == 200


def test_where_reuse_is_detected_the_whole_sign_in_ends(microsoft, tokens, mia):
    mia.faults.set("reuse_detection")
    second = microsoft.refresh(tokens["refresh_token"]).json()

    assert number_of(microsoft.refresh(tokens["refresh_token"])) == 50173
    assert number_of(microsoft.refresh(second["refresh_token"])) == 50173


def test_of_many_refreshes_at_once_reuse_detection_lets_one_through(microsoft, tokens, mia, world):
    mia.faults.set("reuse_detection")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(microsoft.refresh, [tokens["refresh_token"]] * 8))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert world.tally["microsoft refresh", mia.address] == 8


def test_a_refresh_may_ask_for_less_and_not_for_more(microsoft, tokens):
    less = microsoft.refresh(tokens["refresh_token"], scope="User.Read").json()

    assert less["scope"] == f"{HOST}User.Read"
    assert "Mail.Send" in microsoft.refresh(less["refresh_token"]).json()["scope"]
    more = microsoft.refresh(tokens["refresh_token"], scope=f"{HOST}Mail.ReadWrite")
    assert number_of(more) == 65001
    assert more.json()["suberror"] == "consent_required"
    assert number_of(microsoft.refresh(tokens["refresh_token"], scope="Everything"), "invalid_scope") == 70011


def test_an_access_token_ends_after_its_time(microsoft, graph, clock):
    assert graph.get("/me").status_code == 200
    clock.offset += timedelta(seconds=3600)

    assert "expired" in graph.get("/me").json()["error"]["message"]


@pytest.mark.parametrize("number", sorted(LOGIN_ANSWERS))
def test_every_documented_number_can_be_answered(microsoft, mia, tokens, number):
    mia.faults.set("token_error", times=1, aadsts=number)
    answer = LOGIN_ANSWERS[number]

    refused = microsoft.refresh(tokens["refresh_token"])

    assert number_of(refused, answer.error, answer.status) == number
    assert refused.json().get("suberror", "") == answer.suberror
    assert microsoft.refresh(tokens["refresh_token"]).status_code == 200


def test_a_revoked_sign_in_ends_and_a_new_one_is_good(microsoft, mia, graph, tokens):
    mia.faults.set("revoked")

    assert number_of(microsoft.refresh(tokens["refresh_token"])) == 50173
    assert graph.get("/me").status_code == 401
    fresh = microsoft.exchange(microsoft.code()).json()
    assert microsoft.refresh(fresh["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("fault", "number"), [("mfa", 50076), ("policy_block", 53003)])
def test_what_stops_a_sign_in_stops_a_refresh_too(microsoft, mia, tokens, fault, number):
    mia.faults.set(fault)

    assert number_of(microsoft.refresh(tokens["refresh_token"])) == number


def test_an_apps_fault_meets_all_its_accounts(microsoft, world, tokens):
    world.apps[CLIENT_ID].faults.set("token_error", aadsts=7000222)

    assert number_of(microsoft.refresh(tokens["refresh_token"]), "invalid_client", 401) == 7000222


def test_a_refused_or_broken_refresh_does_not_spend_the_token(microsoft, mia, tokens):
    mia.faults.set("reuse_detection")
    for fault, status in (("server_error", 503), ("throttled", 429), ("wrong_json", 200)):
        mia.faults.set(fault, times=1)
        response = microsoft.refresh(tokens["refresh_token"])
        assert response.status_code == status
        assert "access_token" not in response.text

    assert microsoft.refresh(tokens["refresh_token"]).status_code == 200


def test_a_refresh_can_come_back_with_fewer_permissions(microsoft, mia):
    tokens = microsoft.grants.issue(CLIENT_ID, mia.address, CHANGING)
    mia.faults.set("changed_scopes", times=1, scopes=f"{HOST}User.Read")

    assert microsoft.refresh(tokens["refresh_token"]).json()["scope"] == f"{HOST}User.Read"
    assert "Mail.ReadWrite" in microsoft.refresh(tokens["refresh_token"]).json()["scope"]


def test_a_reset_world_knows_no_token(microsoft, world, tokens):
    world.reset()
    world.register(CLIENT_ID, CLIENT_SECRET, system=System.MICROSOFT, redirect_uris=[CALLBACK])

    assert number_of(microsoft.refresh(tokens["refresh_token"])) == 70000
