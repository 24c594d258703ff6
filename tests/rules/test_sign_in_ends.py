"""Why a sign-in may have ended: what its dates rule out is not said, and the week of an app in testing is known."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.rules.sign_in_ends import SignIn, ended_as_in_testing, reasons

GIVEN = datetime(2026, 10, 1, 9, tzinfo=UTC)
REVOKED = GrantEnding.REVOKED


def ended(provider=Provider.GMAIL, *, after, idle=timedelta(minutes=50), audience=""):
    failed_at = GIVEN + after
    return SignIn(provider, GIVEN, failed_at - idle, failed_at, audience)


@pytest.mark.parametrize(
    ("after", "known"),
    [
        (timedelta(days=6, hours=23), False),
        (timedelta(days=7), True),
        (timedelta(days=7, minutes=50), True),
        (timedelta(days=7, hours=6), True),
        (timedelta(days=7, hours=7), False),
        (timedelta(days=30), False),
    ],
)
def test_an_end_after_seven_days_is_known_as_that_of_an_app_in_testing(after, known):
    assert ended_as_in_testing(ended(after=after)) is known


@pytest.mark.parametrize("audience", ["internal", "production"])
def test_an_app_that_is_not_in_testing_is_not_said_to_be(audience):
    over = ended(after=timedelta(days=7, minutes=30), audience=audience)

    assert not ended_as_in_testing(over)
    assert not any("testing" in reason for reason in reasons(over, REVOKED))


def test_microsoft_has_no_such_week():
    assert not ended_as_in_testing(ended(Provider.MICROSOFT, after=timedelta(days=7)))


def test_the_week_is_the_one_reason_and_says_how_to_end_it():
    [reason] = reasons(ended(after=timedelta(days=7, minutes=20)), REVOKED)

    assert "seven days" in reason
    assert "Publish the app" in reason


def test_an_app_that_is_in_testing_is_named_among_the_reasons_whenever_it_ends():
    said = reasons(ended(after=timedelta(days=3), audience="testing"), REVOKED)

    assert "in testing" in said[-1]


@pytest.mark.parametrize(
    ("provider", "idle", "words"),
    [(Provider.GMAIL, 181, "six months"), (Provider.MICROSOFT, 91, "90 days")],
)
def test_a_sign_in_that_was_not_used_for_long_ended_of_that(provider, idle, words):
    [reason] = reasons(ended(provider, after=timedelta(days=300), idle=timedelta(days=idle)), REVOKED)

    assert words in reason


@pytest.mark.parametrize("provider", [Provider.GMAIL, Provider.MICROSOFT])
def test_a_sign_in_in_daily_use_ended_of_something_else_the_password_first(provider):
    said = reasons(ended(provider, after=timedelta(days=40)), REVOKED)

    assert "password" in said[0]
    assert len(said) >= 3
    assert not any("not used" in reason for reason in said)


@pytest.mark.parametrize("ending", sorted(set(GrantEnding) - {REVOKED}))
def test_an_ending_that_says_why_needs_no_guesses(ending):
    assert reasons(ended(after=timedelta(days=7)), ending) == ()
