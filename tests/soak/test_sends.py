"""Sending for long: a thousand deaths, queues and databases that go away, disks that fill, and restarts under load."""

import itertools
import random
import time
from collections import Counter

import pytest

from tests.faults.fleet import KillsAt, running_fleet
from tests.faults.nemesis import Nemesis
from tests.faults.send_scenarios import both, faulty, frozen_at, storm
from tests.faults.small_disk import can_mount
from tests.servers.availability import require
from tests.servers.sink import Point

KILLS, QUEUED, RESTARTS, OUTAGES = 1000, 10_000, 50, 50
BACK_WITHIN = 60  # seconds


@pytest.fixture
def fleet(request):
    database, options = request.param
    if database == "postgres":
        require("postgres")
    with running_fleet(database, UNHURRIED="1", settles_within=240, **options) as running:
        yield running


def on(*databases, **options):
    """The same fleet on each of these databases, with the patience that the product really has."""
    given = [
        pytest.param((database, options), id=database) for database in databases or ("sqlite", "postgres")
    ]
    return pytest.mark.parametrize("fleet", given, indirect=True)


@pytest.fixture
def say(capsys, fleet):
    def line(name, found, began, **figures):
        """Print what was judged, past pytest's capture."""
        evidence = fleet.evidence()
        shown = {
            **figures,
            "seconds": round(time.monotonic() - began),
            "asked": len(fleet.asked),
            "taken": len(evidence.taken),
            **Counter(send.state for send in evidence.sends),
            "doubts": evidence.doubts,
            "longest_pause_s": round(longest_pause(evidence.taken), 1),
            "broken": sorted(found),
        }
        with capsys.disabled():
            text = " ".join(f"{figure} {value}" for figure, value in shown.items())
            print(f"\nsoak sends_{name} {fleet.database.name} {text}")  # noqa: T201 - what the run is for

    return line


def longest_pause(taken):
    moments = sorted(each.at for each in taken)
    return max((later - before for before, later in itertools.pairwise(moments)), default=0.0)


@on(inboxes=500, limit=100_000, senders=4)
def test_thousand_deaths_while_sending_lose_nothing_and_double_nothing(fleet, say):
    began, chance = time.monotonic(), random.Random(1)
    whim = KillsAt(fleet, chance.choices(list(Point), k=KILLS // 2))
    fleet.sink.whim = both(whim, faulty(seed=1, share=0.002))
    nemesis = Nemesis(fleet, seed=1, weights={"kill_sender": 1}, pause=(0.2, 0.8))

    storm(fleet, nemesis, until=lambda: whim.done and nemesis.strikes.total() >= KILLS // 2, backlog=400)

    found = fleet.wrong()
    say("killed", found, began, kills=nemesis.strikes.total() + len(whim.struck))
    assert found == {}


@on(inboxes=50, limit=100_000)
def test_queue_that_is_emptied_every_three_seconds_loses_nothing(fleet, say):
    began = time.monotonic()
    nemesis = Nemesis(fleet, seed=2, weights={"flush_queue": 4, "kill_queue": 1}, pause=(3, 3))

    storm(fleet, nemesis, until=lambda: len(fleet.asked) >= QUEUED, backlog=400)

    found = fleet.wrong()
    say("queue_lost", found, began, **nemesis.strikes)
    assert found == {}
    assert longest_pause(fleet.evidence().taken) <= BACK_WITHIN
    assert fleet.evidence().in_doubt == set()


@on(inboxes=20, limit=100_000)
def test_fifty_restarts_under_load_leave_nothing_in_doubt(fleet, say):
    began = time.monotonic()
    nemesis = Nemesis(fleet, seed=3, weights={"restart_product": 1}, pause=(0.5, 3))

    storm(fleet, nemesis, until=lambda: len(nemesis.endings) >= RESTARTS)

    found = fleet.wrong()
    say("restarts", found, began, restarts=RESTARTS, slowest_exit_s=round(max(nemesis.endings), 1))
    assert found == {}
    assert fleet.evidence().in_doubt == set()
    assert max(nemesis.endings) <= 30


@on(inboxes=3)
@pytest.mark.parametrize("point", [Point.DATA, Point.BODY, Point.TAKEN])
def test_sender_that_stood_still_past_its_lease_adds_no_second_copy(fleet, say, point):
    began = time.monotonic()
    frozen_at(fleet, point)

    found = fleet.wrong()
    say(f"frozen_{point.lower()}", found, began)
    assert found == {}


@on("postgres", inboxes=20, limit=100_000)
def test_postgres_that_restarts_fifty_times_comes_back_by_itself(fleet, say):
    began = time.monotonic()
    nemesis = Nemesis(fleet, seed=5, weights={"disturb_database": 1}, pause=(0.5, 3))

    storm(fleet, nemesis, until=lambda: nemesis.strikes.total() >= OUTAGES)

    found = fleet.wrong()
    say("database_restarts", found, began, restarts=nemesis.strikes.total())
    assert found == {}


@on("sqlite", inboxes=20, limit=100_000)
def test_database_that_is_locked_for_twenty_seconds_comes_back_by_itself(fleet, say):
    began = time.monotonic()
    nemesis = Nemesis(fleet, seed=6, weights={"disturb_database": 1}, pause=(1, 3), outage=(20, 20))

    storm(fleet, nemesis, until=lambda: nemesis.strikes.total() >= 3)

    found = fleet.wrong()
    say("database_locked", found, began, locks=nemesis.strikes.total())
    assert found == {}


@pytest.mark.skipif(not can_mount(), reason="only root may mount a small disk")
@on(inboxes=20, limit=100_000, small_disk=True)
def test_disk_that_is_full_ten_times_comes_back_by_itself(fleet, say):
    began = time.monotonic()
    nemesis = Nemesis(fleet, seed=7, weights={"fill_disk": 1}, pause=(3, 8), outage=(5, 15))

    storm(fleet, nemesis, until=lambda: nemesis.strikes.total() >= 10)

    found = fleet.wrong()
    say("disk_full", found, began, refusals=fleet.refusals, **nemesis.strikes)
    assert found == {}
    assert fleet.refusals
