"""When a message that found no inbox is tried again, and how that is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.campaign_types import Restriction
from nimbus.rules.deferral import Judged, but_for_slot, could_pass_at, passes_at, say_deferred
from nimbus.rules.eligibility import Code, check, first_failing
from nimbus.rules.sending_hours import SendingHours, next_try
from tests.rules.test_eligibility import AVA, COLD, LATER, NOW

MIDNIGHT = AVA.resets_at
HOURS = SendingHours("UTC", frozenset(range(7)), 0, 24 * 60)


def judged(**differs):
    inbox = replace(AVA, **differs)
    return Judged(inbox, check(inbox, COLD))


@pytest.mark.parametrize(
    ("differs", "moment"),
    [
        ({}, NOW),
        ({"cooldown_until": LATER}, LATER),
        ({"cooldown_until": LATER, "waits_for_owner": True}, None),
        ({"sent_today": 50}, MIDNIGHT),
        ({"sent_in_24_hours": 450}, None),
        ({"sent_today": 42, "warmup_hold": 8}, MIDNIGHT),
        ({"next_slot_at": LATER}, LATER),
        ({"score": 60}, None),
        ({"sent_today": 50, "score": 60}, None),
        ({"sent_today": 50, "cooldown_until": LATER}, MIDNIGHT),
    ],
)
def test_only_what_a_clock_ends_has_a_moment_and_the_last_end_counts(differs, moment):
    assert could_pass_at(*judged(**differs)) == moment


def test_the_vector_of_the_model_is_tried_again_at_half_past_two():
    now = datetime(2026, 3, 2, 14, 3, tzinfo=UTC)
    pool = [
        judged(now=now, cooldown_until=now.replace(minute=20)),
        judged(now=now, sent_today=50, resets_at=now.replace(hour=22, minute=0)),
    ]

    assert next_try(HOURS, now, passes_at(pool), deferrals=0) == now.replace(minute=30)


def test_where_nobody_knows_the_pause_grows_up_to_six_hours():
    waits = [next_try(HOURS, NOW, [None], deferrals=each) - NOW for each in (0, 1, 2, 3, 4, 5, 6, 30)]

    assert [wait / timedelta(minutes=15) for wait in waits] == [1, 1, 2, 4, 8, 16, 24, 24]


def test_an_inbox_that_only_waits_for_its_slot_fails_nothing_else():
    waits, cools = judged(next_slot_at=LATER), judged(next_slot_at=LATER, cooldown_until=LATER)

    assert first_failing(but_for_slot(waits.checks)) is None
    assert first_failing(but_for_slot(cools.checks)).code is Code.COOLDOWN


def test_the_log_says_how_many_inboxes_each_reason_keeps_back():
    pool = [
        judged(inbox="ann@acme.io", score=68),
        judged(score=61),
        judged(cooldown_until=LATER),
        judged(sent_today=50),
        judged(restriction=Restriction.NURTURE),
    ]

    assert say_deferred(NOW.replace(minute=30), "UTC", pool, COLD) == (
        "Deferred to 12:30. None of 5 inboxes can take this cold outreach message: 1 reserved for other campaigns, "
        "2 below 70 points (best 68, ann@acme.io), 1 with today's budget used, "
        "1 in cooldown (the first until 16:10)."
    )


def test_a_pool_of_one_and_a_pool_of_none_are_said_as_such():
    one = [judged(stage=2)]

    assert say_deferred(NOW, "UTC", one, COLD) == (
        "Deferred to 12:00. The only inbox cannot take this cold outreach message: 1 below stage 3."
    )
    assert say_deferred(NOW, "UTC", [], COLD) == "Deferred to 12:00. The sending pool has no inbox."
    owner = [judged(waits_for_owner=True), judged(waits_for_owner=True)]
    assert say_deferred(NOW, "UTC", owner, COLD).endswith("message: 2 in cooldown.")
