"""When a part of the installation is well, doubtful or broken."""

from datetime import timedelta

import pytest

from nimbus.rules.installation_health import (
    Health,
    backlog_health,
    clock_health,
    disk_health,
    exit_code,
    memory_health,
    worst,
)

GIB, MIB = 1024**3, 1024**2


@pytest.mark.parametrize(
    ("free", "health"),
    [
        (0, Health.FAIL),
        (199_999_999, Health.FAIL),
        (200_000_000, Health.WARN),
        (GIB - 1, Health.WARN),
        (GIB, Health.OK),
    ],
)
def test_a_disk_is_doubtful_below_a_gibibyte_and_full_below_200_megabytes(free, health):
    assert disk_health(free) == health


@pytest.mark.parametrize(
    ("available", "health"), [(0, Health.WARN), (256 * MIB - 1, Health.WARN), (256 * MIB, Health.OK)]
)
def test_memory_is_doubtful_below_256_mebibytes_and_never_a_failure(available, health):
    assert memory_health(available) == health


@pytest.mark.parametrize(
    ("seconds", "health"),
    [(0, Health.OK), (2, Health.OK), (2.1, Health.WARN), (60, Health.WARN), (60.1, Health.FAIL)],
)
def test_a_clock_is_doubtful_beyond_2_seconds_and_wrong_beyond_60_in_both_directions(seconds, health):
    assert clock_health(timedelta(seconds=seconds)) == health
    assert clock_health(timedelta(seconds=-seconds)) == health


def test_a_queue_is_doubtful_once_its_oldest_job_waited_longer_than_is_usual():
    patience = timedelta(minutes=1)

    assert backlog_health(timedelta(seconds=60), patience) == Health.OK
    assert backlog_health(timedelta(seconds=61), patience) == Health.WARN


@pytest.mark.parametrize(
    ("states", "health", "code"),
    [
        ([], Health.OK, 0),
        ([Health.OK, Health.TODO], Health.OK, 0),
        ([Health.OK, Health.WARN, Health.TODO], Health.WARN, 1),
        ([Health.WARN, Health.FAIL, Health.OK], Health.FAIL, 2),
    ],
)
def test_the_whole_is_as_well_as_its_worst_part_and_says_so_by_exit_status(states, health, code):
    assert worst(states) == health
    assert exit_code(health) == code
