"""The clock of a cooldown: longer with repeats, never shortened by a later event, and ending by itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.cooldown_kinds import LADDERS, CooldownKind
from nimbus.rules.cooldowns import Cooldown, begin, by_hand, cooling_until, ends_on, running, why_not_end

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
COMPLAINT, THROTTLE = CooldownKind.COMPLAINT, CooldownKind.THROTTLE


def past(kind, *days):
    return [Cooldown(kind, NOW - days_ * DAY, NOW - days_ * DAY + HOUR) for days_ in days]


def hours(cooldown):
    return (cooldown.until - cooldown.began_at) / HOUR


@pytest.mark.parametrize(
    ("kind", "earlier", "lasts", "step"),
    [
        (COMPLAINT, [], 24, 1),
        (COMPLAINT, [29], 72, 2),
        (COMPLAINT, [30], 24, 1),  # forgotten after thirty days
        (COMPLAINT, [29, 2], 168, 3),
        (THROTTLE, [3], 1, 2),
    ],
)
def test_it_lasts_longer_for_each_of_its_kind_within_thirty_days(kind, earlier, lasts, step):
    found = begin(kind, NOW, past(kind, *earlier))

    assert (found.kind, hours(found), found.step) == (kind, lasts, step)


def test_other_kinds_are_no_repeats():
    assert hours(begin(COMPLAINT, NOW, past(THROTTLE, 1, 2))) == 24


@pytest.mark.parametrize(
    ("earlier", "seconds", "lasts"),
    [([], 3600, 1.0), ([], 60, 0.25), ([2, 1], 3600, 4), ([], 90_000, 24)],
)
def test_a_provider_that_asks_for_longer_gets_it_up_to_a_day(earlier, seconds, lasts):
    asked = timedelta(seconds=seconds)

    assert hours(begin(THROTTLE, NOW, past(THROTTLE, *earlier), retry_after=asked)) == lasts


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(LADDERS)), st.lists(st.integers(0, 200), max_size=6))
def test_no_later_event_shortens_a_clock(kind, pauses):
    moment, cooldowns = NOW, []
    for pause in pauses:
        moment += pause * HOUR
        before = cooling_until(cooldowns, moment)
        cooldowns.append(begin(kind, moment, cooldowns))
        assert cooling_until(cooldowns, moment) >= max(before or moment, moment + LADDERS[kind].first)


def test_a_long_pause_that_was_asked_for_is_not_cut_by_the_next_event():
    first = begin(THROTTLE, NOW, [], retry_after=20 * HOUR)
    second = begin(THROTTLE, NOW + HOUR, [first])

    assert second.until == first.until
    assert begin(THROTTLE, NOW + HOUR, [replace(first, ended_at=NOW + SECOND)]).until == NOW + 2 * HOUR


def test_it_ends_by_itself_when_its_time_is_over():
    cooldown = begin(COMPLAINT, NOW, [])

    assert cooldown.runs(NOW + 24 * HOUR - SECOND)
    assert not cooldown.runs(NOW + 24 * HOUR)
    assert running([cooldown], NOW) == {COMPLAINT}
    assert running([cooldown], NOW + 24 * HOUR) == frozenset()


def test_the_last_clock_to_end_is_the_one_that_is_shown():
    complaint, throttle = begin(COMPLAINT, NOW, []), begin(THROTTLE, NOW, [])

    assert cooling_until([complaint, throttle], NOW) == complaint.until
    assert cooling_until([complaint, throttle], complaint.until) is None
    assert cooling_until([], NOW) is None


@pytest.mark.parametrize(("step", "runs"), [(1, False), (2, False), (3, True), (4, True)])
def test_from_the_third_complaint_on_an_owner_has_to_acknowledge_it(step, runs):
    over = Cooldown(COMPLAINT, NOW - 8 * DAY, NOW - DAY, step)

    assert over.runs(NOW) is over.waits_for_owner is runs
    assert not replace(over, is_acknowledged=True).runs(NOW)
    assert cooling_until([over], NOW) is None


def test_only_complaints_wait_for_an_owner():
    assert not Cooldown(CooldownKind.BOUNCE_BURST, NOW - 8 * DAY, NOW - DAY, 3).runs(NOW)


@pytest.mark.parametrize(
    ("kind", "step", "refused"),
    [(COMPLAINT, 1, False), (COMPLAINT, 2, True), (CooldownKind.BOUNCE_BURST, 3, False)],
)
def test_a_person_may_end_any_but_the_second_complaint(kind, step, refused):
    assert (why_not_end(Cooldown(kind, NOW, NOW + DAY, step)) is not None) == refused


def test_one_that_was_ended_early_runs_no_more_but_counts_as_a_repeat():
    ended = replace(begin(COMPLAINT, NOW - HOUR, []), ended_at=NOW)

    assert not ended.runs(NOW)
    assert begin(COMPLAINT, NOW, [ended]).step == 2


@pytest.mark.parametrize(
    ("kind", "ended", "day", "first"),
    [
        (CooldownKind.BOUNCE_BURST, None, date(2026, 11, 14), True),  # 23:30 UTC is the next day in Paris
        (CooldownKind.BOUNCE_BURST, None, date(2026, 11, 13), False),
        (CooldownKind.BOUNCE_BURST, NOW, date(2026, 11, 12), True),
        (CooldownKind.THROTTLE, None, date(2026, 11, 14), False),
    ],
)
def test_the_day_on_which_a_cooldown_about_its_health_ends_is_told(kind, ended, day, first):
    cooldown = Cooldown(kind, NOW - DAY, datetime(2026, 11, 13, 23, 30, tzinfo=UTC), ended_at=ended)

    assert ends_on([cooldown], day, "Europe/Paris") is first


def test_a_person_chooses_how_long_and_never_backwards():
    assert by_hand(NOW, NOW + 3 * HOUR) == Cooldown(CooldownKind.MANUAL, NOW, NOW + 3 * HOUR, step=1)
    assert by_hand(NOW, NOW - HOUR).until == NOW
