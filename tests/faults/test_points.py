"""Workers that die or stand still at a chosen point of a dialogue, and a queue that loses what waits in it."""

import pytest

from tests.faults.judge import broken
from tests.faults.scenarios import (
    connects_again,
    emptied_before_anybody_came,
    frozen_after_the_dot,
    killed_at,
)
from tests.faults.sinks import POINTS


@pytest.mark.claim("C22")
def test_worker_killed_at_any_point_saves_nothing_and_connecting_again_works(world):
    points = POINTS if world.database.name == "sqlite" else POINTS[4::3]  # the soak takes all on both

    said = killed_at(world, points)

    assert len(said) == len(points)
    assert {verdict.partition(": ")[2] for verdict in said.values()} == {"Test interrupted"}
    assert broken(world) == {}
    assert all(connects_again(world, name) for name in said)
    assert broken(world) == {}


@pytest.mark.parametrize("swept", [True, False])
def test_worker_that_stood_still_for_longer_than_its_lease_saves_nothing(world, swept):
    name = "frozen-and-swept" if swept else "frozen"

    said = frozen_after_the_dot(world, name, swept=swept)

    assert said.endswith("Test interrupted")
    assert broken(world) == {}
    assert connects_again(world, name)


def test_emptied_queue_only_delays_a_test(world):
    emptied_before_anybody_came(world, "emptied")

    assert broken(world) == {}
    assert world.tests_of("emptied")[-1].state == "passed"
