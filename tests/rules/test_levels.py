"""How bad a rate is: what it takes, and how often chance alone would do it."""

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.levels import Level, bounce_level, complaint_level, lower_bound
from nimbus.rules.rates import Rate

# For so many sends: how many failures reach ELEVATED and CRITICAL, and in how many of a hundred weeks a list with
# that true rate gets there by chance.
CHANCES = [
    (20, 3, 3, {0.01: (0.1, 0.1), 0.02: (0.7, 0.7), 0.05: (7, 7), 0.10: (32, 32), 0.20: (79, 79)}),
    (40, 3, 4, {0.01: (0.7, 0.1), 0.02: (4.6, 0.8), 0.05: (32, 14), 0.10: (78, 58), 0.20: (99, 97)}),
    (60, 3, 6, {0.01: (2.2, 0), 0.02: (12, 0.1), 0.05: (58, 8), 0.10: (95, 56), 0.20: (100, 99)}),
    (100, 5, 10, {0.01: (0.3, 0), 0.02: (5, 0), 0.05: (56, 3), 0.10: (98, 55), 0.20: (100, 100)}),
    (140, 7, 14, {0.01: (0.1, 0), 0.02: (2.3, 0), 0.05: (55, 1), 0.10: (99, 54), 0.20: (100, 100)}),
    (280, 14, 28, {0.01: (0, 0), 0.02: (0.2, 0), 0.05: (54, 0), 0.10: (100, 53), 0.20: (100, 100)}),
]


def least(of, level, judge=bounce_level):
    return next(count for count in range(of) if judge(Rate(count, of)) >= level)


def chance(count, of, rate):
    """Of that many or more, in per cent."""
    fewer = sum(comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(count))
    return 100 * (1 - fewer)


@pytest.mark.parametrize(("of", "elevated", "critical", "_chances"), CHANCES)
def test_so_many_bounces_reach_a_level(of, elevated, critical, _chances):
    assert (least(of, Level.ELEVATED), least(of, Level.CRITICAL)) == (elevated, critical)


@pytest.mark.parametrize(("of", "elevated", "critical", "chances"), CHANCES)
def test_a_clean_list_is_rarely_held_by_chance_and_a_bad_one_almost_surely(of, elevated, critical, chances):
    found = {rate: (chance(elevated, of, rate), chance(critical, of, rate)) for rate in chances}

    for rate, expected in chances.items():
        assert found[rate] == pytest.approx(expected, abs=0.6), f"{rate} of {of}"


def test_the_levels_are_in_order():
    assert [int(level) for level in Level] == [0, 1, 2, 3]


def test_of_two_hundred_delivered_two_complaints_are_elevated_and_three_critical():
    reached = [least(200, level, complaint_level) for level in (Level.ELEVATED, Level.CRITICAL)]

    assert reached == [2, 3]
    odds = {0.0005: 0.5, 0.001: 1.7, 0.003: 12, 0.005: 26, 0.01: 60}
    assert [chance(2, 200, rate) for rate in odds] == pytest.approx(list(odds.values()), abs=0.6)
    assert chance(3, 200, 0.01) == pytest.approx(32, abs=0.6)


@pytest.mark.parametrize(
    ("count", "of", "bound"),
    [
        (0, 0, 0),
        (0, 50, 0),
        (3, 20, 0.0747),
        (3, 30, 0.0493),
        (3, 60, 0.0244),
        (5, 100, 0.0286),
        (10, 100, 0.0678),
    ],
)
def test_the_lower_bound_is_wilsons(count, of, bound):
    assert lower_bound(count, of) == pytest.approx(bound, abs=0.00005)


# On either side of each number that the thresholds name.
EDGES = [
    (bounce_level, (2, 20), Level.WATCH),
    (bounce_level, (2, 10), Level.WATCH),
    (bounce_level, (3, 60), Level.ELEVATED),
    (bounce_level, (3, 61), Level.WATCH),
    (bounce_level, (10, 100), Level.CRITICAL),
    (bounce_level, (10, 101), Level.ELEVATED),
    (bounce_level, (3, 29), Level.CRITICAL),
    (bounce_level, (3, 30), Level.ELEVATED),
    (bounce_level, (1, 50), Level.WATCH),
    (bounce_level, (1, 51), Level.OK),
    (complaint_level, (1, 2), Level.WATCH),
    (complaint_level, (2, 666), Level.ELEVATED),
    (complaint_level, (2, 667), Level.WATCH),
    (complaint_level, (2, 3), Level.ELEVATED),
    (complaint_level, (3, 485), Level.CRITICAL),
    (complaint_level, (3, 486), Level.ELEVATED),
    (complaint_level, (10, 2000), Level.CRITICAL),
    (complaint_level, (10, 2001), Level.ELEVATED),
    (complaint_level, (1, 1000), Level.WATCH),
    (complaint_level, (1, 1001), Level.OK),
]


@pytest.mark.parametrize(("judge", "rate", "level"), EDGES)
def test_a_level_begins_exactly_where_the_model_says(judge, rate, level):
    assert judge(Rate(*rate)) is level


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(0, 60))
def test_one_more_bad_mail_among_as_many_never_lowers_a_level(of, count):
    fewer, more = Rate(min(count, of - 1), of), Rate(min(count, of - 1) + 1, of)

    assert bounce_level(more) >= bounce_level(fewer)
    assert complaint_level(more) >= complaint_level(fewer)
    assert 0 <= lower_bound(more.count, of) <= more.value
