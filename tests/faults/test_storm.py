"""Processes die, queues are emptied, databases go away: every test ends, and what is connected is what passed."""

import itertools

import pytest

from tests.faults.judge import broken, passwords_kept
from tests.faults.nemesis import Nemesis
from tests.faults.people import Kind, Visitor, mailbox
from tests.faults.storm import Storm, mixed_mailboxes

WEIGHTS = {"kill_worker": 6, "kill_queue": 1, "flush_queue": 2, "disturb_database": 1}
STRIKES = 12


@pytest.mark.claim("C22")
def test_storm_leaves_every_mailbox_as_its_owner_was_told(world):
    nemesis = Nemesis(world, seed=2, weights=WEIGHTS, pause=(0.1, 0.5), outage=(0.5, 1.5))
    storm = Storm(world, nemesis, visitors=5, patience=60)
    endless = mixed_mailboxes(world, "storm", waits=Kind.STOPPED)

    storm.blow(itertools.takewhile(lambda _: nemesis.strikes.total() < STRIKES, endless))

    assert storm.wrong == {}
    assert broken(world) == {}
    assert Visitor(world, patience=20).connect(mailbox(world, "after-the-storm")) == Kind.GOOD

    world.sweep_after(minutes=16)
    assert passwords_kept(world) == []
