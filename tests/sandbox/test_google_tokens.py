"""Tokens of the practice Google live, end and go wrong as the real ones do."""

import pytest
import requests

from nimbus.sandbox.google_grants import EMAIL, OPENID, PROFILE, SEND
from tests.sandbox.google_client import CLIENT_ID, Gmail

DEAD = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}


def test_a_refresh_token_belongs_to_one_application(google, world, tokens):
    world.register("other", "other", system="google")

    response = google.refresh(tokens["refresh_token"], client_id="other", client_secret="other")

    assert (response.status_code, response.json()["error"]) == (401, "unauthorized_client")


def test_access_ends_after_an_hour_and_refreshing_goes_on(google, tokens, clock):
    clock.advance(seconds=3598)
    assert Gmail(google.url, tokens["access_token"]).get("profile").status_code == 200

    clock.advance(seconds=2)
    assert Gmail(google.url, tokens["access_token"]).get("profile").status_code == 401
    assert google.refresh(tokens["refresh_token"]).status_code == 200


def test_an_application_in_testing_is_forgotten_after_seven_days(google, clock):
    google.app.audience = "testing"
    given = google.exchange(google.decide()["code"]).json()
    assert given["refresh_token_expires_in"] == 604799

    clock.advance(days=6)
    assert google.refresh(given["refresh_token"]).status_code == 200
    clock.advance(days=1)
    assert google.refresh(given["refresh_token"]).json() == DEAD


def test_a_refresh_token_that_nobody_uses_for_half_a_year_ends(google, tokens, clock):
    clock.advance(days=179)
    assert google.refresh(tokens["refresh_token"]).status_code == 200
    clock.advance(days=180)
    assert google.refresh(tokens["refresh_token"]).json() == DEAD


def test_the_oldest_of_more_than_a_hundred_refresh_tokens_goes(google, ann, tokens):
    newer = [google.grants.issue(google.app, ann, {SEND})["refresh_token"] for _ in range(100)]

    assert google.refresh(tokens["refresh_token"]).json() == DEAD
    assert google.refresh(newer[0]).status_code == 200


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_whole_grant(google, tokens, which):
    other = google.exchange(google.decide()["code"]).json()

    response = google.revoke(tokens[which])

    assert (response.status_code, response.json()) == (200, {})
    assert google.refresh(other["refresh_token"]).json() == DEAD
    assert Gmail(google.url, other["access_token"]).get("profile").status_code == 401
    assert google.revoke(tokens[which]).json()["error"] == "invalid_token"


def test_the_owner_revokes_and_a_new_consent_is_good_again(google, ann, tokens):
    ann.faults.set("revoked")

    assert Gmail(google.url, tokens["access_token"]).get("profile").status_code == 401
    assert (
        google.refresh(tokens["refresh_token"]).status_code,
        google.refresh(tokens["refresh_token"]).json(),
    ) == (400, DEAD)

    again = google.exchange(google.decide(prompt=None)["code"]).json()
    assert google.refresh(again["refresh_token"]).status_code == 200


def test_expired_access_is_mended_by_refreshing(google, ann, tokens):
    ann.faults.set("expired")

    assert Gmail(google.url, tokens["access_token"]).get("profile").status_code == 401
    renewed = google.refresh(tokens["refresh_token"]).json()
    assert Gmail(google.url, renewed["access_token"]).get("profile").status_code == 200


def test_another_account_than_chosen_can_come_back(google, ann):
    ann.faults.set("wrong_account", times=1, address="bob@gmail.com")

    given = google.exchange(google.decide()["code"]).json()

    assert Gmail(google.url, given["access_token"]).get("profile").json()["emailAddress"] == "bob@gmail.com"


def test_an_account_that_is_not_in_the_world_cannot_come_back(google, ann):
    ann.faults.set("wrong_account", address="stranger@example.com")

    assert "does not know the account" in google.decide().text


def test_other_scopes_than_ticked_can_come_back(google, ann):
    ann.faults.set("changed_scopes", scopes=f"{SEND} profile")

    given = google.exchange(google.decide()["code"]).json()

    assert set(given["scope"].split()) == {SEND, PROFILE}


def test_the_token_endpoint_can_be_made_to_fail_for_one_person_or_one_application(google, ann, tokens):
    reauth = {"error": "invalid_grant", "error_subtype": "invalid_rapt"}
    ann.faults.set("token_error", times=1, status=403, body=reauth)
    google.app.faults.set("server_error", times=1, at="token", after=1, status=502)

    answers = [google.refresh(tokens["refresh_token"]) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [403, 502, 200]
    assert answers[0].json() == reauth
    assert answers[1].headers["Content-Type"].startswith("text/html")


def test_the_token_endpoint_can_hang_up_and_answer_nonsense(google, ann, tokens):
    ann.faults.set("hang", times=1, at="token", seconds=0)
    with pytest.raises(requests.ConnectionError):
        google.refresh(tokens["refresh_token"])

    ann.faults.set("wrong_json", times=1)
    with pytest.raises(requests.JSONDecodeError):
        google.refresh(tokens["refresh_token"]).json()


@pytest.mark.parametrize(
    ("scopes", "keys"),
    [
        ([PROFILE], {"sub", "name", "given_name", "family_name", "picture"}),
        ([EMAIL], {"sub", "email", "email_verified"}),
        ([OPENID], {"sub", "hd"}),
    ],
)
def test_userinfo_tells_what_was_permitted(google, ann, scopes, keys):
    token = google.grants.issue(google.app, ann, scopes)["access_token"]

    answer = google.userinfo(token).json()

    assert answer.keys() == keys
    assert answer["sub"] == ann.subject


def test_userinfo_refuses_a_token_without_any_of_it(google, ann):
    token = google.grants.issue(google.app, ann, [SEND])["access_token"]

    assert [google.userinfo(given).status_code for given in (token, "nonsense")] == [401, 401]


def test_calls_are_tallied_by_whom_they_were_about(google, world, tokens):
    google.refresh(tokens["refresh_token"])
    google.revoke(tokens["refresh_token"])

    assert {what: count for (what, who), count in world.tally.items() if who == "ann@example.com"} == {
        "google exchange": 1,
        "google refresh": 1,
        "google revoke": 1,
    }


def test_reset_ends_every_grant(google, world, tokens):
    app = google.app

    world.reset()
    world.apps[CLIENT_ID] = app

    assert google.refresh(tokens["refresh_token"]).json() == DEAD
