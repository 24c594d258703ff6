"""What a campaign takes at today's budgets."""

from dataclasses import replace

import pytest

from nimbus.rules.campaign_types import CampaignType
from nimbus.rules.eligibility import Wanted, check
from nimbus.rules.launch_estimate import days_in_words, estimate
from nimbus.rules.sending_hours import SendingHours
from tests.rules.test_eligibility import AVA

HOURS = SendingHours("UTC")
COLD = Wanted(CampaignType.COLD_OUTREACH)


def judged(**changes):
    inbox = replace(AVA, todays_limit=50, provider_cap=1800, warmup_hold=0, **changes)
    return inbox, check(inbox, COLD)


def test_nine_working_days():
    found = estimate([judged()] * 4, HOURS, contacts=600, delays=(0, 3, 4))

    assert (found.messages, found.inboxes, found.per_day, found.days) == (1800, 4, 200, 9)
    assert found.follow_up_days == 7
    assert days_in_words(9, HOURS) == "9 working days"


@pytest.mark.parametrize(
    ("changes", "per_day"),
    [
        ({"sent_today": 50}, 50),  # tomorrow is another day
        ({"score": 20}, 0),
        ({"is_active": False}, 0),
    ],
)
def test_an_inbox_counts_that_could_send_tomorrow(changes, per_day):
    assert estimate([judged(**changes)], HOURS, contacts=1, delays=(0,)).per_day == per_day


def test_short_hours_hold_fewer_messages_than_the_budget():
    hour = SendingHours("UTC", opens=9 * 60, closes=10 * 60)

    assert estimate([judged()], hour, contacts=80, delays=(0,)).days == 2


def test_nobody_who_could_send_takes_for_ever():
    assert estimate([], HOURS, contacts=80, delays=(0,)).days is None


def test_days_that_are_not_the_working_days_are_called_otherwise():
    assert days_in_words(1, SendingHours("UTC", frozenset({5}))) == "1 sending day"
