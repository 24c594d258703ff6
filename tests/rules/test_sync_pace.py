"""How often an inbox is read, and when that is worth a word."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nimbus.rules.sync_pace import is_synced, is_trouble, next_look, next_try, read_since

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("quiet_for", "pause"),
    [(MINUTE, 1), (2 * HOUR, 2), (30 * HOUR, 5), (24 * 8 * HOUR, 10), (None, 10)],
)
def test_a_busy_inbox_is_read_each_minute_and_a_quiet_one_each_ten(quiet_for, pause):
    active_at = NOW - quiet_for if quiet_for else None

    assert next_look(NOW, active_at) - NOW == pause * MINUTE


def test_a_server_that_is_away_is_asked_less_and_less_often_but_each_hour():
    waits = [(next_try(NOW, failures, is_permanent=False) - NOW) / MINUTE for failures in (1, 2, 3, 6, 99)]

    assert waits == [2, 4, 8, 60, 60]


def test_a_password_that_was_refused_is_tried_after_one_and_six_hours_and_then_each_day():
    waits = [(next_try(NOW, failures, is_permanent=True) - NOW) / HOUR for failures in (1, 2, 3, 50)]

    assert waits == [1, 6, 24, 24]


def test_trouble_is_what_does_not_pass_or_has_not_passed_three_times():
    assert [is_trouble(failures, is_permanent=False) for failures in (1, 2, 3)] == [False, False, True]
    assert is_trouble(1, is_permanent=True)


def test_synced_means_a_good_look_within_half_an_hour():
    assert is_synced(NOW, NOW - 30 * MINUTE)
    assert not is_synced(NOW, NOW - 31 * MINUTE)
    assert not is_synced(NOW, None)


def test_a_first_look_goes_back_two_weeks_and_a_later_one_to_two_days_before_the_last():
    assert read_since(NOW, None) == date(2026, 11, 9)
    assert read_since(NOW, NOW - HOUR) == date(2026, 11, 21)
