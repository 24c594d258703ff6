"""Taking turns: ours and the floor one after the other, so that a busy moment of the machine meets both."""

import sys
import time
from collections.abc import Callable
from statistics import median


def alternate(
    ours: Callable[[], float], floor: Callable[[], float], *, times: int, warm_up: int = 2
) -> tuple[float, float]:
    """The medians of both, in the unit that the functions return."""
    for _ in range(warm_up):
        ours()
        floor()
    pairs = [(ours(), floor()) for _ in range(times)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def clock() -> float:
    """Milliseconds since some moment."""
    return time.perf_counter() * 1000


def milliseconds(run: Callable[[], object]) -> float:
    """How long one call takes, in ms of wall time."""
    start = clock()
    run()
    return clock() - start


def report(name: str, ours: float, floor: float, *, unit: str, limit: float) -> bool:
    """Print a figure's line; whether it keeps its limit."""
    ratio = ours / floor
    sys.stdout.write(
        f"bench {name} ours {ours:.1f} floor {floor:.1f} unit {unit} ratio {ratio:.2f} limit {limit:g}\n"
    )
    sys.stdout.flush()
    return ratio <= limit
