"""Lengths of time and clock times, as a person reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.durations import ago, clock_time, day_and_month, in_words

NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "1 min"),
        (timedelta(seconds=1), "1 min"),
        (timedelta(seconds=61), "2 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(minutes=59, seconds=1), "1 h"),
        (timedelta(hours=3, minutes=10), "3 h 10 min"),
        (timedelta(hours=24), "1 d"),
        (timedelta(days=2, hours=4, minutes=9), "2 d 4 h"),
        (timedelta(days=40), "40 d"),
    ],
)
def test_length_is_rounded_up_and_told_in_at_most_two_units(length, words):
    assert in_words(length) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=3, minutes=10), "3 h ago"),
        (timedelta(days=5, hours=7), "5 d ago"),
    ],
)
def test_past_is_told_in_one_unit(length, words):
    assert ago(NOON - length, NOON) == words


@pytest.mark.parametrize(
    ("zone", "time", "day"),
    [
        ("UTC", "23:30", "8 Nov"),
        ("Europe/Paris", "00:30", "9 Nov"),
        ("Asia/Kolkata", "05:00", "9 Nov"),
        ("America/New_York", "18:30", "8 Nov"),
    ],
)
def test_clock_and_date_are_those_of_the_zone(zone, time, day):
    late = datetime(2026, 11, 8, 23, 30, tzinfo=UTC)

    assert clock_time(late, zone) == time
    assert day_and_month(late, zone) == day
