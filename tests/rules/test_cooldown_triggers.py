"""What starts a cooldown, on either side of each number."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.cooldown_triggers import (
    has_dropped,
    is_blocked,
    is_bounce_burst,
    is_cut_off,
    is_throttled,
    pace_pause,
)
from nimbus.rules.outcomes import Stream
from nimbus.rules.placement import Placement
from tests.rules.test_outcomes import attempts

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
MINUTE, HOUR, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "burst"),
    [
        ("xx", False),
        ("xxx", True),
        ("x" + 17 * "." + "xx", True),
        ("x" + 18 * "." + "xx", False),
        ("x" + 17 * "." + "s" + "xx", True),  # a soft failure is no send
        ("xx" + 17 * "." + "c", False),
    ],
)
def test_three_failures_among_the_last_twenty_production_sends_are_a_burst(text, burst):
    assert is_bounce_burst(attempts(text, Stream.PRODUCTION), None) is burst


def test_warmup_makes_no_burst_and_hides_none():
    assert not is_bounce_burst(attempts("xxxxx"), None)
    assert is_bounce_burst(attempts("xxx", Stream.PRODUCTION) + attempts(40 * "."), None)


def test_a_burst_that_was_noticed_starts_no_second_one():
    sent = attempts("xxx..xx", Stream.PRODUCTION)

    assert not is_bounce_burst(sent, sent[2].at)
    assert is_bounce_burst([*sent, sent[-1]], sent[2].at)


@pytest.mark.parametrize(
    ("ago", "throttled"),
    [
        ([0 * MINUTE, 10 * MINUTE], False),
        ([0 * MINUTE, 10 * MINUTE, 60 * MINUTE - SECOND], True),
        ([0 * MINUTE, 10 * MINUTE, 60 * MINUTE], False),
    ],
)
def test_the_third_slow_down_within_an_hour_is_a_throttle(ago, throttled):
    assert is_throttled([NOW - length for length in ago], NOW) is throttled


@pytest.mark.parametrize(
    ("ago", "blocked"),
    [([0 * HOUR], False), ([0 * HOUR, 24 * HOUR - SECOND], True), ([0 * HOUR, 24 * HOUR], False)],
)
def test_the_second_block_within_a_day_counts(ago, blocked):
    assert is_blocked([NOW - length for length in ago], NOW) is blocked


@pytest.mark.parametrize(("failures", "cut_off"), [(2, False), (3, True), (4, True)])
def test_three_failed_connections_in_a_row_count(failures, cut_off):
    assert is_cut_off(failures) is cut_off


def test_a_drop_of_placement_counts_once_it_is_known():
    assert has_dropped(Placement(9, 20))
    assert not has_dropped(Placement(8, 19))


@pytest.mark.parametrize(
    ("seconds", "waits"), [(0, 30), (29, 30), (31, 31), (86_400, 86_400), (86_401, 86_400)]
)
def test_one_slow_down_is_only_pacing(seconds, waits):
    assert pace_pause(timedelta(seconds=seconds)) == timedelta(seconds=waits)
