"""When a part of the installation is well, doubtful or broken: the thresholds behind `flask doctor` and /system."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

DISK_DOUBTFUL = 1024**3  # bytes free: time to make room
DISK_FULL = 200_000_000  # bytes free: SQLite and the queue need this much to tidy up after themselves
MEMORY_DOUBTFUL = 256 * 1024**2  # bytes available: two more processes of ours, about 100 MB each
CLOCK_DOUBTFUL = timedelta(seconds=2)
CLOCK_WRONG = timedelta(seconds=60)  # leases and the validity of tokens are counted in minutes


class Health(StrEnum):
    """What a look at one part says; `todo` is a step of the first start that nobody has made yet."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    TODO = "todo"


_RANK = (Health.TODO, Health.OK, Health.WARN, Health.FAIL)
# What Nagios, and all that learned from it, reads: 0 fine, 1 warning, 2 critical.
_EXIT_CODES = {Health.TODO: 0, Health.OK: 0, Health.WARN: 1, Health.FAIL: 2}


def worst(states: Iterable[Health]) -> Health:
    """The state that an installation as a whole is in; ok when there is nothing to look at."""
    return max(states, key=_RANK.index, default=Health.OK)


def exit_code(state: Health) -> int:
    """The exit status of a command that found this: 0 fine, 1 doubtful, 2 broken."""
    return _EXIT_CODES[state]


def disk_health(free: int) -> Health:
    """How a disk with so many bytes free is."""
    if free < DISK_FULL:
        return Health.FAIL
    return Health.WARN if free < DISK_DOUBTFUL else Health.OK


def memory_health(available: int) -> Health:
    """How a machine is that can give so many bytes to a program without swapping."""
    return Health.WARN if available < MEMORY_DOUBTFUL else Health.OK


def clock_health(difference: timedelta) -> Health:
    """How a clock is that differs so much from this machine's, in either direction."""
    if abs(difference) > CLOCK_WRONG:
        return Health.FAIL
    return Health.WARN if abs(difference) > CLOCK_DOUBTFUL else Health.OK


def backlog_health(waited: timedelta, patience: timedelta) -> Health:
    """How a queue is whose oldest job has waited so long, where `patience` is the most that is usual."""
    return Health.WARN if waited > patience else Health.OK
