"""What takes stages away, once for each cause, and what never does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nimbus.rules.levels import Level
from nimbus.rules.placement import Placement
from nimbus.rules.stage_falls import FallFacts, Standing, climbed, judge_fall
from nimbus.rules.stage_gates import Demotion, Indicators, Unseen

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GOOD = Indicators(warmup_sends=700, reputation=90, placement=Placement(58, 60))
FRESH = Standing(elevated_on=NOW.date())


def facts(stage, after=timedelta(), **others):
    of_gates = {name: others.pop(name) for name in ("reputation", "placement") if name in others}
    usual = {"level": Level.OK, "bad_events": 5, "last_mail_at": NOW}
    return FallFacts(
        now=NOW + after,
        today=(NOW + after).date(),
        stage=stage,
        indicators=replace(GOOD, **of_gates),
        **usual | others,
    )


VECTORS = [
    (facts(4, level=Level.CRITICAL), Standing(), 2),
    (facts(4, level=Level.CRITICAL), Standing(is_critical=True), 4),
    (facts(5, reputation=64), Standing(), 4),
    (facts(5, reputation=65), Standing(), 5),
    (facts(3, placement=Placement(12, 20)), Standing(), 2),
    (facts(3, placement=Placement(11, 19)), Standing(), 3),
    (facts(4, last_mail_at=NOW - 31 * DAY), Standing(), 2),
    # And on either side of the other numbers.
    (facts(1, level=Level.CRITICAL), Standing(), 0),
    (facts(4, reputation=59), Standing(), 3),
    (facts(4, reputation=60), Standing(), 4),
    (facts(3, reputation=54), Standing(), 2),
    (facts(3, reputation=55), Standing(), 3),
    (facts(2, reputation=49), Standing(), 1),
    (facts(2, reputation=50), Standing(), 2),
    (facts(1, reputation=39), Standing(), 0),
    (facts(1, reputation=40), Standing(), 1),
    (facts(0, reputation=0), Standing(), 0),
    (facts(2, placement=Placement(49, 100)), Standing(), 1),
    (facts(2, placement=Placement(50, 100)), Standing(), 2),
    (facts(3, placement=Placement(65, 100)), Standing(), 3),
    (facts(3, placement=Placement(64, 100)), Standing(), 2),
    (facts(4, placement=Placement(69, 100)), Standing(), 3),
    (facts(4, placement=Placement(70, 100)), Standing(), 4),
    (facts(5, placement=Placement(74, 100)), Standing(), 4),
    (facts(5, placement=Placement(75, 100)), Standing(), 5),
    (facts(1, placement=Placement(0, 100)), Standing(), 1),
    (facts(5, placement=Unseen(warmup_score=1)), Standing(), 5),
    (facts(4, last_mail_at=NOW - 30 * DAY), Standing(), 4),
    (facts(1, last_mail_at=NOW - 31 * DAY), Standing(), 1),
    (facts(4, last_mail_at=None), Standing(), 4),
]


@pytest.mark.parametrize(("facts", "standing", "stage"), VECTORS)
def test_a_stage_falls_as_the_model_says(facts, standing, stage):
    fall = judge_fall(standing, facts)

    assert fall.stage == stage
    assert (fall.reason is None) == (stage == facts.stage)


def test_a_critical_rate_costs_two_stages_once_and_again_only_after_it_was_over():
    first = judge_fall(Standing(), facts(5, level=Level.CRITICAL))
    going_on = judge_fall(first.standing, facts(first.stage, HOUR, level=Level.CRITICAL))
    over = judge_fall(going_on.standing, facts(3, 2 * HOUR, level=Level.WATCH, bad_events=1))
    again = judge_fall(over.standing, facts(3, 3 * HOUR, level=Level.CRITICAL, bad_events=3))

    assert [fall.stage for fall in (first, going_on, over, again)] == [3, 3, 3, 1]
    assert first.reason == "a rate became critical"


def test_an_elevated_rate_costs_a_stage_on_every_third_day_in_a_row():
    stage, standing, diary = 5, Standing(), []
    for hours in range(0, 8 * 24, 6):  # four looks a day, and something bad before each
        seen = {"level": Level.ELEVATED, "bad_events": 5 + hours, "last_mail_at": None}
        fall = judge_fall(standing, facts(stage, hours * HOUR, **seen))
        stage, standing = fall.stage, fall.standing
        diary.append(stage)

    assert diary[1::4] == [5, 5, 4, 4, 4, 3, 3, 3]


def test_a_rate_that_rises_only_because_good_mail_leaves_the_window_costs_one_fall():
    stage, standing, diary = 5, Standing(), []
    for day, level in enumerate([Level.ELEVATED] * 4 + [Level.CRITICAL] * 6):
        fall = judge_fall(standing, facts(stage, day * DAY, level=level, bad_events=6, last_mail_at=None))
        stage, standing = fall.stage, fall.standing
        diary.append(stage)
    new = judge_fall(standing, facts(stage, 10 * DAY, level=Level.CRITICAL, bad_events=7))

    assert diary == [5, 5, 4, 4, 4, 4, 4, 4, 4, 4]
    assert (new.stage, new.standing.is_critical) == (2, True)


def test_a_day_without_it_breaks_the_row():
    stage, standing = 5, Standing()
    for day, level in enumerate(
        [Level.ELEVATED, Level.ELEVATED, Level.WATCH, Level.ELEVATED, Level.ELEVATED]
    ):
        fall = judge_fall(standing, facts(stage, day * DAY, level=level, last_mail_at=None))
        stage, standing = fall.stage, fall.standing

    assert (stage, standing.elevated_days) == (5, 2)


def test_a_clock_that_goes_back_counts_no_day_twice():
    once = judge_fall(Standing(), facts(5, level=Level.ELEVATED))
    back = judge_fall(once.standing, facts(5, -DAY, level=Level.ELEVATED))

    assert back.standing.elevated_days == 1
    assert back.standing.elevated_on == date(2026, 11, 12)


def test_a_weak_indicator_costs_at_most_a_stage_a_day():
    first = judge_fall(FRESH, facts(5, reputation=20))
    soon = judge_fall(first.standing, facts(4, DAY - timedelta(seconds=1), reputation=20))
    later = judge_fall(first.standing, facts(4, DAY, reputation=20))

    assert [fall.stage for fall in (first, soon, later)] == [4, 4, 3]
    assert first.reason == "reputation 20, and stage 5 keeps from 65 on"


def test_of_several_causes_the_dearest_decides():
    fall = judge_fall(Standing(), facts(5, reputation=20, level=Level.CRITICAL, placement=Placement(0, 20)))

    assert (fall.stage, fall.reason) == (3, "a rate became critical")


def test_placement_that_fell_is_told_with_both_numbers():
    fall = judge_fall(FRESH, facts(3, placement=Placement(12, 20)))

    assert fall.reason == "inbox placement 60 %, and stage 3 keeps from 65 % on"


def test_a_fall_is_remembered_until_it_is_climbed_back_also_through_a_second_one():
    first = judge_fall(FRESH, facts(5, reputation=64))
    second = judge_fall(first.standing, facts(4, DAY, placement=Placement(0, 20)))

    assert first.standing.demotion == Demotion(fallen_from=5, fallen_to=4, sends=700)
    assert second.standing.demotion == Demotion(fallen_from=5, fallen_to=3, sends=700)
    assert climbed(second.standing, 4).demotion is not None
    assert climbed(second.standing, 5).demotion is None
    assert climbed(FRESH, 5) == FRESH


@pytest.mark.parametrize(("facts", "standing", "stage"), VECTORS)
def test_looking_twice_takes_nothing_twice(facts, standing, stage):
    once = judge_fall(standing, facts)
    twice = judge_fall(once.standing, replace(facts, stage=once.stage))

    assert (twice.stage, twice.standing, twice.reason) == (stage, once.standing, None)
