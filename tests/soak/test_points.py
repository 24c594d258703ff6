"""Every protocol point again and again, with the lease and the waiting times that the product really has."""

from collections import Counter

import pytest

from nimbus.models import ConnectionTest
from tests.faults.judge import broken
from tests.faults.people import Kind, Visitor, mailbox
from tests.faults.scenarios import connects_again, frozen_after_the_dot, killed_at
from tests.faults.sinks import POINTS

TIMES = 5


def test_worker_killed_five_times_at_every_point_saves_nothing(world, say):
    said = killed_at(world, POINTS * TIMES)

    say("points", points=len(POINTS), kills=len(said), said=dict(Counter(said.values())))
    assert len(said) == len(POINTS) * TIMES
    assert {verdict.partition(": ")[2] for verdict in said.values()} == {"Test interrupted"}
    assert broken(world) == {}
    assert all(connects_again(world, name) for name in said)
    assert broken(world) == {}


@pytest.mark.parametrize("swept", [True, False])
def test_worker_that_stood_still_for_longer_than_its_lease_saves_nothing(world, swept):
    said = frozen_after_the_dot(world, "frozen", swept=swept)

    assert said.endswith("Test interrupted")
    assert broken(world) == {}


def test_mail_that_never_arrives_is_waited_for_ninety_seconds(world, say):
    said = Visitor(world, patience=150).connect(mailbox(world, "dropped", Kind.DROPPED))

    (test,) = world.rows(ConnectionTest)
    waited = (test.finished_at - test.handed_over_at).total_seconds()
    say("patience", waited_s=round(waited, 1))
    assert said == Kind.DROPPED
    assert 90 <= waited <= 100
    assert broken(world) == {}
