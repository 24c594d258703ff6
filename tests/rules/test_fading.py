"""Old facts weigh less: figures from outside by their freshness, our own counts by half a week."""

from datetime import UTC, date, datetime

import pytest

from nimbus.rules.fading import POSTMASTER, SNDS, YAHOO, age_in_days, decayed


@pytest.mark.parametrize(
    ("source", "age", "weight"),
    [
        (POSTMASTER, 3, 1),
        (POSTMASTER, 5, 0.820),
        (POSTMASTER, 10, 0.5),
        (POSTMASTER, 17, 0.25),
        (POSTMASTER, 30, 0.069),
        (POSTMASTER, 31, 0),
        (SNDS, 0, 1),
        (SNDS, 2, 1),
        (SNDS, 3, 0.871),
        (SNDS, 7, 0.5),
        (SNDS, 21, 0.072),
        (SNDS, 22, 0),
        (YAHOO, 7, 1),
        (YAHOO, 8, 0.952),
        (YAHOO, 21, 0.5),
        (YAHOO, 60, 0.072),
        (YAHOO, 61, 0),
    ],
)
def test_a_figure_counts_in_full_then_halves_and_is_dropped_at_last(source, age, weight):
    assert source.at(age) == pytest.approx(weight, abs=0.0006)


@pytest.mark.parametrize(("age", "weight"), [(0, 1), (7, 0.5), (14, 0.25), (27, 0.069), (28, 0)])
def test_a_count_halves_each_week_and_is_forgotten_after_four(age, weight):
    assert decayed([(age, 1)]) == pytest.approx(weight, abs=0.0005)


def test_thirty_a_day_for_four_weeks_count_as_298_3():
    assert decayed((age, 30) for age in range(28)) == pytest.approx(298.3, abs=0.05)


def test_a_figure_ages_from_the_day_it_is_about_and_never_below_nothing():
    now = datetime(2026, 11, 12, 0, 30, tzinfo=UTC)

    assert [age_in_days(date(2026, 11, day), now) for day in (10, 11, 12, 13)] == [2, 1, 0, 0]
