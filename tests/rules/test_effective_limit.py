"""Today's number, with every reason that shapes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.effective_limit import LimitFacts, effective_limit, provider_limit_lasts
from nimbus.rules.health_hold import HoldState
from nimbus.rules.levels import Level
from nimbus.rules.mailbox_kinds import MailboxKind

WELL = LimitFacts(
    kind=MailboxKind.GOOGLE_WORKSPACE,
    daily_send_limit=80,
    provider_cap=1800,
    score=70,
    level=Level.WATCH,
    hold_state=HoldState.NONE,
    is_first_day_after_pause=False,
    is_first_day_after_cooldown=False,
    sent_before_provider_limit=None,
)


def today(**others):
    return effective_limit(replace(WELL, **others))


@pytest.mark.parametrize(
    ("kind", "limit", "left"),
    [
        (MailboxKind.GOOGLE_WORKSPACE, 80, 60),
        (MailboxKind.MICROSOFT_365, 50, 25),
        (MailboxKind.CONSUMER_GMAIL, 40, 30),
        (MailboxKind.CUSTOM_SMTP, 40, 24),
        (MailboxKind.CONSUMER_OUTLOOK, 25, 12),
        (MailboxKind.REACHINBOX, 40, 40),
    ],
)
@pytest.mark.parametrize(
    "slip",
    [{"score": 69}, {"level": Level.ELEVATED}, {"level": Level.CRITICAL}, {"is_first_day_after_pause": True}],
)
def test_each_provider_slips_by_its_own_factor(kind, limit, left, slip):
    assert today(kind=kind, daily_send_limit=limit, **slip).limit == left


@pytest.mark.parametrize(
    ("facts", "limit"),
    [
        ({}, 80),
        ({"daily_send_limit": 0}, 0),
        ({"daily_send_limit": 2000}, 1800),
        ({"hold_state": HoldState.HELD}, 80),
        ({"hold_state": HoldState.PROBATION}, 20),
        ({"hold_state": HoldState.PROBATION, "score": 69}, 15),
        ({"hold_state": HoldState.PROBATION, "daily_send_limit": 12}, 5),
        ({"hold_state": HoldState.PROBATION, "daily_send_limit": 3}, 3),
        ({"is_first_day_after_cooldown": True}, 20),
        ({"is_first_day_after_cooldown": True, "score": 69}, 20),
        ({"is_first_day_after_cooldown": True, "daily_send_limit": 2000}, 450),
        ({"sent_before_provider_limit": 101}, 50),
        ({"sent_before_provider_limit": 400}, 80),
        ({"sent_before_provider_limit": 0}, 0),
    ],
)
def test_what_is_left_of_the_daily_limit(facts, limit):
    assert today(**facts).limit == limit


def test_slipping_once_for_several_reasons_is_slipping_once():
    assert today(score=10, level=Level.CRITICAL, is_first_day_after_pause=True).limit == 60


def test_each_reason_is_told_with_the_number_it_leaves():
    shaped = today(
        daily_send_limit=2000, score=64, hold_state=HoldState.PROBATION, sent_before_provider_limit=300
    )

    assert shaped.steps == (
        (1800, "The provider's ceiling leaves 1,800 a day"),
        (1350, "Its score of 64 is under 70: 75 % of it"),
        (337, "On probation: a quarter of it, 5 at least"),
        (150, "The provider said enough after 300 in 24 hours: half of that for a week"),
    )
    assert today(is_first_day_after_cooldown=True).steps == (
        (20, "The first day after a cooldown: a quarter of the daily limit"),
    )


@pytest.mark.parametrize(
    ("ago", "lasts"),
    [(None, False), (timedelta(0), True), (timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)],
)
def test_a_providers_enough_is_minded_for_a_week(ago, lasts):
    now = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)

    assert provider_limit_lasts(None if ago is None else now - ago, now) is lasts


def test_a_reason_that_takes_nothing_is_not_told():
    assert today(sent_before_provider_limit=160, hold_state=HoldState.HELD).steps == ()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 500),
    st.integers(0, 100),
    st.sampled_from(HoldState),
    st.tuples(st.booleans(), st.booleans(), st.none() | st.integers(0, 500)),
)
def test_no_reason_ever_adds_to_a_limit(limit, score, hold_state, others):
    after_pause, after_cooldown, before = others
    shaped = today(
        daily_send_limit=limit,
        provider_cap=450,
        score=score,
        hold_state=hold_state,
        is_first_day_after_pause=after_pause,
        is_first_day_after_cooldown=after_cooldown,
        sent_before_provider_limit=before,
    )

    numbers = [limit, *(step.limit for step in shaped.steps)]
    assert numbers == sorted(numbers, reverse=True)
    assert 0 <= shaped.limit == numbers[-1] <= min(limit, 450)
