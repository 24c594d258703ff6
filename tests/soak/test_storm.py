"""Long storms: hundreds of connection tests while everything that can die does."""

import itertools
from statistics import median

from nimbus.models import ConnectionTest
from tests.faults.judge import broken, passwords_kept
from tests.faults.nemesis import Nemesis
from tests.faults.people import Kind, Visitor, mailbox
from tests.faults.storm import Storm, mixed_mailboxes

TESTS, KILLS, QUEUE_LOSSES, RESTARTS = 300, 100, 50, 20
WEIGHTS = {"kill_worker": 16, "kill_queue": 1, "flush_queue": 8, "disturb_database": 2, "freeze_workers": 1}


def figures(world):
    """What the rows tell: how tests ended, and the longest that anything took."""
    tests = world.rows(ConnectionTest)
    interrupted = [test for test in tests if test.failure_code == "interrupted" and test.lease_until]
    begun = [test.started_at - test.created_at for test in tests if test.started_at]
    passed = [test.finished_at - test.created_at for test in tests if test.state == "passed"]
    return {
        "tests": len(tests),
        "passed": len(passed),
        "interrupted": len(interrupted),
        "our_side": sum(test.failure_code == "internal" for test in tests),
        "median_pass_s": round(median(passed).total_seconds(), 2),
        "latest_begin_s": round(max(begun).total_seconds(), 1),
        "latest_notice_s": round(
            max(((test.finished_at - test.lease_until).total_seconds() for test in interrupted), default=0), 1
        ),
    }


def test_storm_of_hours_in_minutes_leaves_every_mailbox_as_its_owner_was_told(world, say):
    nemesis = Nemesis(
        world, seed=20, weights=WEIGHTS, pause=(0.2, 1.0), outage=(1.0, 8.0), freeze=(21.5, 30.0)
    )
    storm = Storm(world, nemesis, visitors=12, patience=400)
    struck = nemesis.strikes

    def goes_on(_mailbox):
        losses = struck["kill_queue"] + struck["flush_queue"]
        return len(world.seen) < TESTS or struck["kill_worker"] < KILLS or losses < QUEUE_LOSSES

    storm.blow(itertools.takewhile(goes_on, mixed_mailboxes(world, "storm", waits=Kind.DROPPED)))

    found = broken(world)
    say("storm", **struck, **figures(world), wrong=len(storm.wrong), broken=sorted(found))
    assert storm.wrong == {}
    assert found == {}
    assert Visitor(world, patience=60).connect(mailbox(world, "after-the-storm")) == Kind.GOOD
    world.sweep_after(minutes=16)
    assert passwords_kept(world) == []


def test_restarts_under_load_interrupt_nothing(world, say):
    nemesis = Nemesis(world, seed=18, weights={"restart_product": 1}, pause=(0.5, 4.0))
    storm = Storm(world, nemesis, visitors=6, patience=120)
    endless = mixed_mailboxes(world, "restart", waits=Kind.STOPPED)

    storm.blow(itertools.takewhile(lambda _: len(nemesis.endings) < RESTARTS, endless))

    found, counted = broken(world), figures(world)
    slowest = max(nemesis.endings)
    say(
        "restarts",
        restarts=len(nemesis.endings),
        slowest_exit_s=round(slowest, 1),
        **counted,
        broken=sorted(found),
    )
    assert storm.wrong == {}
    assert found == {}
    assert slowest <= 30
    assert (counted["interrupted"], counted["our_side"]) == (0, 0)
