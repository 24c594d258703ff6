"""The practice Gmail fails as it is told to, in the published shapes."""

from datetime import datetime, timedelta

import pytest
import requests

from nimbus.sandbox.google_errors import REASONS
from tests.sandbox.google_client import bearing, error_of, letter


def waits(response, clock):
    """How long a rate limit says to wait."""
    moment = response.json()["error"]["message"].removeprefix("User-rate limit exceeded.  Retry after ")
    return datetime.fromisoformat(moment) - clock.now()


def test_a_cut_connection_after_acceptance_has_sent_exactly_once(gmail, ann, bob):
    ann.faults.set("cut_after_acceptance", times=1)

    with pytest.raises(requests.ConnectionError):
        gmail.send(letter(Message_ID="<1@example.com>"))

    assert len(bob.messages) == 1
    found = gmail.get("messages", q="rfc822msgid:1@example.com").json()
    assert [message["id"] for message in found["messages"]] == [ann.messages[0].id]


def test_a_hanging_call_ends_without_an_answer_and_does_nothing(gmail, ann, bob):
    ann.faults.set("hang", times=1, at="send", seconds=0)

    with pytest.raises(requests.ConnectionError):
        gmail.send(letter())

    assert bob.messages == []
    assert gmail.get("profile").status_code == 200


def test_a_caller_may_give_up_on_a_hanging_call_while_others_are_answered(google, gmail, ann, bob):
    ann.faults.set("hang", times=1)

    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{gmail.url}/profile", headers=gmail.headers, timeout=0.2)

    assert google.gmail("bob@gmail.com").get("profile").status_code == 200


def test_one_401_is_followed_by_an_answer(gmail, ann):
    ann.faults.set("unauthorized_once")

    answers = [gmail.get("profile") for _ in range(2)]

    assert error_of(answers[0]) == (401, "authError", "UNAUTHENTICATED")
    assert answers[0].json()["error"]["errors"][0]["location"] == "Authorization"
    assert "Bearer" in answers[0].headers["WWW-Authenticate"]
    assert answers[1].status_code == 200


@pytest.mark.parametrize("reason", [*REASONS, "aReasonOfTomorrow"])
def test_every_reason_of_a_403_can_be_had(gmail, ann, reason):
    ann.faults.set("forbidden", reason=reason)

    response = gmail.send(letter())

    assert error_of(response)[:2] == (403, reason)
    assert ("Retry after" in response.json()["error"]["message"]) is ("rate" in reason.lower())


def test_throttling_says_when_to_come_back_in_its_text_alone(gmail, ann, clock):
    ann.faults.set("throttled", times=1, retry_after=30)

    response = gmail.get("messages")

    assert error_of(response) == (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED")
    assert timedelta(seconds=25) < waits(response, clock) <= timedelta(seconds=30)
    assert "Retry-After" not in response.headers
    assert gmail.get("messages").status_code == 200


def test_throttling_may_say_nothing(gmail, ann):
    ann.faults.set("throttled", retry_after=None)

    assert gmail.get("messages").json()["error"]["message"] == "Too many concurrent requests for user"


def test_the_daily_cap_stops_sending_for_hours_and_reading_goes_on(gmail, ann, clock):
    ann.faults.set("daily_cap")

    response = gmail.send(letter())

    assert error_of(response)[:2] == (429, "rateLimitExceeded")
    assert waits(response, clock) > timedelta(hours=7)
    assert gmail.get("profile").status_code == 200


def test_the_send_counter_opens_again_a_day_after_the_first_message(google, ann, clock):
    ann.faults.set("send_counter", limit=2)
    answers = [google.gmail().send(letter()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert waits(answers[2], clock) > timedelta(hours=23)

    clock.advance(days=1)
    assert google.gmail().send(letter()).status_code == 200


def test_quota_units_are_spent_by_the_minute(gmail, ann, clock):
    ann.faults.set("quota_units", limit=120)
    statuses = [gmail.send(letter()).status_code, gmail.get("messages/none").status_code]
    over = gmail.get("profile")
    assert [*statuses, over.status_code] == [200, 404, 429]
    assert timedelta(seconds=50) < waits(over, clock) <= timedelta(minutes=1)

    clock.advance(minutes=1)
    assert gmail.get("profile").status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_server_can_fail_with_a_page(gmail, ann, status):
    ann.faults.set("server_error", status=status)

    response = gmail.get("profile")

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_answer_can_be_something_else_than_json(gmail, ann):
    ann.faults.set("wrong_json", body='{"id": 5')

    response = gmail.send(letter())

    assert (response.status_code, response.text) == (200, '{"id": 5')
    assert response.headers["Content-Type"].startswith("application/json")


def test_faults_of_one_mailbox_leave_the_others_alone(google, ann):
    ann.faults.set("server_error")

    assert google.gmail("bob@gmail.com").get("profile").status_code == 200


def test_without_the_api_switched_on_every_call_is_refused(google, gmail):
    google.app.api_enabled = False

    response = gmail.get("profile")

    assert error_of(response)[:2] == (403, "accessNotConfigured")
    assert response.json()["error"]["details"][0]["reason"] == "SERVICE_DISABLED"


def test_an_account_without_a_mailbox_says_so(gmail, ann):
    ann.has_mailbox = False

    assert error_of(gmail.get("profile")) == (400, "failedPrecondition", "FAILED_PRECONDITION")


def test_only_ones_own_mailbox_is_open(gmail):
    own, other = (
        requests.get(gmail.url.replace("/me", f"/{address}/profile"), headers=gmail.headers, timeout=10)
        for address in ("Ann@example.com", "bob@gmail.com")
    )

    assert (own.status_code, other.status_code) == (200, 403)


@pytest.mark.parametrize("headers", [{}, bearing("ya29.nonsense"), {"Authorization": "Basic eA=="}])
def test_without_a_good_token_nothing_is_answered(gmail, headers):
    response = requests.get(f"{gmail.url}/profile", headers=headers, timeout=10)

    assert error_of(response) == (401, "authError", "UNAUTHENTICATED")
