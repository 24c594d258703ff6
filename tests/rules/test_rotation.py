"""Which inbox goes first, and what is said of a pool where none may send."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.campaign_types import Restriction
from nimbus.rules.eligibility import Code, check, first_failing
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rotation import (
    Rotation,
    Standing,
    WhatIf,
    costliest,
    funnel,
    histogram,
    near_misses,
    order_key,
    room_today,
    what_if,
)
from tests.rules.test_eligibility import AVA, COLD, NOW, NURTURE

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# The vector of `deliverability.md` 8.2: what differs from an inbox that scores 92, has used 10 of 50, and was used at 500.
VECTOR = {
    "a": {},
    "b": {"score": 97, "sent_today": 25},
    "c": {"score": 88, "sent_today": 0, "last_used": 100},
    "d": {"priority": 10, "score": 71, "sent_today": 40},
    "e": {"last_used": 400},
    "f": {"score": 68},
    "g": {"is_active": False},
    "h": {"stage": 2},
    "i": {"cooldown_until": NOW + timedelta(seconds=1000)},
    "j": {"sent_today": 50},
    "k": {"restriction": Restriction.NURTURE},
    "l": {"connection_state": ConnectionState.AUTH_REVOKED},
    "m": {"domain_pause_reason": "DMARC fails"},
    "n": {"sent_today": 42, "warmup_hold": 8},
    "o": {"next_slot_at": NOW + timedelta(seconds=200)},
    "p": {"score": 70, "stage": 3, "sent_today": 49},
}


def candidate(name):
    differs = {key: value for key, value in VECTOR[name].items() if key not in {"priority", "last_used"}}
    return replace(AVA, inbox=f"{name}@acme.test", **differs)


def standing(name):
    inbox, differs = candidate(name), VECTOR[name]
    return Standing(
        account_id=ord(name),
        priority=differs.get("priority", 100),
        score=inbox.score,
        sent_today=inbox.sent_today,
        budget=inbox.todays_limit - inbox.warmup_hold,
        last_used_at=START + differs.get("last_used", 500) * SECOND,
        free_at=NOW,
    )


def eligible(wanted):
    able = [name for name in VECTOR if first_failing(check(candidate(name), wanted)) is None]
    return sorted(able, key=lambda name: order_key(standing(name)))


def test_the_vector_of_the_model_goes_in_its_order():
    assert eligible(COLD) == ["d", "e", "a", "b", "c", "p"]


def test_a_nurture_campaign_takes_the_reserved_inbox_and_the_young_one_as_well():
    assert set(eligible(NURTURE)) - set(eligible(COLD)) == {"h", "k"}


def test_an_inbox_that_was_never_used_goes_before_one_that_was_and_equals_go_by_id():
    new, used = replace(standing("a"), last_used_at=None, account_id=9), standing("a")

    assert sorted([used, new], key=order_key) == [new, used]
    assert order_key(replace(used, account_id=1)) < order_key(replace(used, account_id=2))


def test_an_inbox_that_nothing_has_judged_stands_in_the_band_of_what_is_not_known():
    unknown, known = replace(standing("a"), score=None), replace(standing("a"), score=79)

    assert order_key(unknown) == order_key(known)


def test_one_that_may_not_send_at_all_goes_last():
    assert order_key(replace(standing("a"), budget=0)) > order_key(replace(standing("a"), sent_today=49))


@pytest.mark.parametrize("inboxes", range(1, 9))
@pytest.mark.parametrize("sends", [0, 1, 7, 40])
def test_identical_inboxes_get_the_same_number_of_sends_give_or_take_one(inboxes, sends):
    rotation = Rotation(replace(standing("a"), account_id=each) for each in range(inboxes))
    given_to = Counter(dict.fromkeys(range(inboxes), 0))
    for number in range(sends):
        first = rotation.first(NOW + SECOND)
        given_to[first.account_id] += 1
        rotation.put(first.used(NOW + number * SECOND, NOW))

    assert max(given_to.values()) - min(given_to.values()) <= 1


def test_an_inbox_that_waits_for_its_slot_lets_the_next_one_go_and_then_has_its_turn():
    rotation = Rotation([standing("d"), standing("e")])
    slot, end = NOW + 90 * SECOND, NOW + 900 * SECOND
    turns = []
    for _ in range(3):
        first = rotation.first(end)
        turns.append((chr(first.account_id), first.free_at))
        rotation.put(first.used(first.free_at, first.free_at + 90 * SECOND))

    assert turns == [("d", NOW), ("e", NOW), ("d", slot)]


def test_nobody_is_first_before_his_slot_or_after_he_left():
    rotation = Rotation([standing("d")])

    assert rotation.first(NOW) is None
    assert rotation.first(NOW + SECOND) == standing("d") == rotation.find(ord("d"))
    rotation.leave(ord("d"))
    assert rotation.first(NOW + SECOND) is None
    assert rotation.inboxes == []


POOL = [check(candidate(name), COLD) for name in VECTOR]


def test_the_funnel_says_who_is_left_after_each_check():
    left = {each.code: (each.left, each.out) for each in funnel(POOL)}

    assert list(left) == list(Code)
    assert left[Code.RESTRICTED] == (15, 1)
    assert left[Code.BELOW_SCORE] == (11, 1)
    assert left[Code.PACING] == (6, 1)


def test_the_histogram_counts_the_first_reason_of_each_inbox_only():
    twice = check(replace(candidate("f"), is_active=False), COLD)

    assert histogram([*POOL, twice])[Code.INACTIVE] == 2
    assert histogram([*POOL, twice])[Code.BELOW_SCORE] == 1


def test_the_costliest_rule_is_the_one_that_takes_out_most_and_the_first_of_equals():
    assert costliest({Code.BELOW_SCORE: 13, Code.BUDGET_SPENT: 5}) is Code.BELOW_SCORE
    assert costliest({Code.COOLDOWN: 2, Code.INACTIVE: 2}) is Code.INACTIVE
    assert costliest({}) is None


def test_near_misses_lie_two_points_below_the_floor_at_most_the_nearest_first():
    pool = [replace(AVA, inbox=f"{score}@acme.test", score=score) for score in (67, 68, 69, 70)]

    assert [each.score for each in near_misses(pool, 70)] == [69, 68]
    assert near_misses([replace(AVA, score=None)], 71) == [replace(AVA, score=70)]  # as it counts


def test_another_floor_is_tried_without_being_set():
    pool = [
        replace(AVA, score=68, sent_today=30),
        replace(AVA, score=69, sent_today=45, warmup_hold=2),
        replace(AVA, score=69, is_active=False),
        AVA,
    ]

    assert what_if(pool, COLD, 68) == WhatIf(2, 23)
    assert what_if(pool, COLD, 95) == WhatIf(-1, -40)
    assert room_today(pool, COLD) == 40
    assert COLD.floor == 70


def test_the_providers_ceiling_counts_as_room_too():
    assert room_today([replace(AVA, sent_in_24_hours=445)], COLD) == 5
