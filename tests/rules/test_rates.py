"""The two rates of seven days: what is counted, on which mail, and what an import is taken for."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.levels import Level, bounce_level, complaint_level
from nimbus.rules.rates import Basis, Rate, Tally, imported_rates, rates, window_start

OK, WATCH, ELEVATED, CRITICAL = Level
PRODUCTION, ALL = Basis
# Production, warmup (sent, permanent failures, complaints); basis, bounces, level, complaints, level.
VECTORS = [
    ((0, 0, 0), (0, 0, 0), ALL, (0, 0), OK, (0, 0), OK),
    ((0, 0, 0), (30, 1, 0), ALL, (1, 30), WATCH, (0, 29), OK),
    ((10, 1, 0), (0, 0, 0), ALL, (1, 10), WATCH, (0, 9), OK),
    ((10, 1, 0), (40, 0, 0), ALL, (1, 50), WATCH, (0, 49), OK),
    ((10, 2, 0), (40, 0, 0), ALL, (2, 50), WATCH, (0, 48), OK),
    ((19, 2, 0), (150, 0, 0), ALL, (2, 169), OK, (0, 167), OK),
    ((20, 2, 0), (150, 0, 0), PRODUCTION, (2, 20), WATCH, (0, 18), OK),
    ((20, 3, 0), (0, 0, 0), PRODUCTION, (3, 20), CRITICAL, (0, 17), OK),
    ((30, 3, 0), (0, 0, 0), PRODUCTION, (3, 30), ELEVATED, (0, 27), OK),
    ((60, 3, 0), (80, 0, 0), PRODUCTION, (3, 60), ELEVATED, (0, 57), OK),
    ((100, 4, 0), (70, 7, 7), PRODUCTION, (4, 100), WATCH, (0, 96), OK),
    ((100, 5, 0), (70, 0, 0), PRODUCTION, (5, 100), ELEVATED, (0, 95), OK),
    ((100, 10, 0), (0, 0, 0), PRODUCTION, (10, 100), CRITICAL, (0, 90), OK),
    ((140, 2, 1), (70, 0, 0), PRODUCTION, (2, 140), OK, (1, 138), WATCH),
    ((200, 4, 2), (70, 0, 0), PRODUCTION, (4, 200), WATCH, (2, 196), ELEVATED),
]


@pytest.mark.parametrize(("production", "warmup", "basis", "bounce", "level", "complaint", "worse"), VECTORS)
def test_rates_and_their_levels_are_those_of_the_model(
    production, warmup, basis, bounce, level, complaint, worse
):
    found = rates(Tally(*production), Tally(*warmup))

    assert found == (Rate(*bounce), Rate(*complaint), basis)
    assert (bounce_level(found.bounce), complaint_level(found.complaint)) == (level, worse)


@pytest.mark.parametrize(
    ("rate", "value"),
    [(Rate(), 0), (Rate(1, 30), 0.0333), (Rate(2, 169), 0.0118), (Rate(1, 138), 0.00725), (Rate(2, 2), 1)],
)
def test_a_rate_is_a_share_and_of_nothing_it_is_nothing(rate, value):
    assert rate.value == pytest.approx(value, abs=0.00005)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (Rate(5, 100), "5.0 % (5 of 100)"),
        (Rate(0, 96), "0.0 % (0 of 96)"),
        (Rate(1, 138), "0.72 % (1 of 138)"),
        (Rate(1, 100), "1.0 % (1 of 100)"),
        (Rate(164, 8630), "1.9 % (164 of 8,630)"),
        (Rate(95, 10_000), "0.95 % (95 of 10,000)"),
    ],
)
def test_a_rate_is_never_said_without_its_counts(rate, said):
    assert rate.in_words() == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (Rate(9, 220), "4.1 % (9/220)"),
        (Rate(1, 1380), "0.07 % (1/1,380)"),
        (Rate(0, 20), "0.0 % (0/20)"),
        (Rate(1, 19), "1 of 19"),
        (Rate(0, 4), "0 of 4"),
    ],
)
def test_a_narrow_column_shows_counts_alone_while_they_are_too_few_for_a_rate(rate, said):
    assert rate.in_short() == said


@pytest.mark.parametrize(
    ("bounce", "level"),
    [(0.02, WATCH), (0.04, WATCH), (0.05, ELEVATED), (0.08, ELEVATED), (0.10, CRITICAL), (None, OK)],
)
def test_an_imported_bounce_rate_without_counts_is_taken_to_be_of_a_hundred(bounce, level):
    assert bounce_level(imported_rates(bounce, None).bounce) is level


@pytest.mark.parametrize(
    ("complaint", "level"),
    [(0.001, WATCH), (0.002, WATCH), (0.003, ELEVATED), (0.005, ELEVATED), (0.01, CRITICAL), (None, OK)],
)
def test_an_imported_complaint_rate_without_counts_is_taken_to_be_of_a_thousand(complaint, level):
    assert complaint_level(imported_rates(None, complaint).complaint) is level


def test_what_was_imported_adds_to_what_is_counted_here():
    found = rates(Tally(20, 2), Tally(50), imported_rates(0.04, 0.001))

    assert found == (Rate(6, 120), Rate(1, 1018), PRODUCTION)


def test_the_window_is_168_hours_and_an_hour_it_touches_counts_whole():
    now = datetime(2026, 11, 12, 13, 10, tzinfo=UTC)

    assert window_start(now) == datetime(2026, 11, 5, 13, 0, tzinfo=UTC)
    assert window_start(now.astimezone()) == window_start(now)
    assert window_start(now + timedelta(hours=1)) == datetime(2026, 11, 5, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_ago", "start"),
    [
        (None, datetime(2026, 11, 5, 13, 0, tzinfo=UTC)),
        (400, datetime(2026, 11, 5, 13, 0, tzinfo=UTC)),
        (24, datetime(2026, 11, 11, 14, 0, tzinfo=UTC)),
        (0, datetime(2026, 11, 12, 14, 0, tzinfo=UTC)),
    ],
)
def test_mail_from_before_a_probation_is_not_judged_again(hours_ago, start):
    now = datetime(2026, 11, 12, 13, 10, tzinfo=UTC)
    judged_from = None if hours_ago is None else now - timedelta(hours=hours_ago)

    assert window_start(now, judged_from) == start


def test_the_mail_a_rate_speaks_of_has_words():
    assert (PRODUCTION.in_words(), ALL.in_words()) == ("production mail", "all mail")
