"""Senders die, stand still and are let down by servers, queues and databases: what was accepted leaves once or is shown."""

import itertools
from collections import Counter

import pytest

from nimbus.models import Send
from tests.faults.fleet import KillsAt, running_fleet
from tests.faults.nemesis import Nemesis
from tests.faults.send_scenarios import (
    both,
    calm,
    crowded,
    faulty,
    frozen_at,
    killed_at,
    silent_at,
    slow_at,
    storm,
)
from tests.faults.small_disk import can_mount
from tests.servers.availability import require
from tests.servers.sink import Point, accepted
from tests.web.reading import words

WEIGHTS = {"kill_sender": 6, "kill_queue": 1, "flush_queue": 2, "disturb_database": 1}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def fleet(request):
    if request.param == "postgres":
        require("postgres")
    with running_fleet(request.param) as running:
        yield running


def test_sender_killed_at_any_point_loses_nothing_and_doubles_nothing(fleet):
    assert killed_at(fleet, [*Point, *Point]) == 2 * len(Point)

    assert fleet.wrong() == {}


def test_storm_leaves_every_message_sent_once_or_in_doubt(fleet):
    points = itertools.islice(
        itertools.cycle([Point.BODY, Point.RCPT, Point.TAKEN, Point.DATA, Point.ANSWERED]), 10
    )
    whim = KillsAt(fleet, points)
    fleet.sink.whim = both(whim, faulty(seed=4, share=0.02))
    nemesis = Nemesis(fleet, seed=4, weights=WEIGHTS, pause=(0.1, 0.5), outage=(0.5, 1.5))

    storm(fleet, nemesis, until=lambda: whim.done and nemesis.strikes.total() >= 12)

    assert fleet.wrong() == {}


@pytest.mark.parametrize("point", [Point.DATA, Point.BODY, Point.TAKEN])
def test_sender_that_stood_still_for_longer_than_its_lease_adds_no_second_copy(fleet, point):
    frozen_at(fleet, point)

    assert fleet.wrong() == {}


def test_sender_that_a_slow_server_keeps_for_longer_than_its_lease_keeps_its_message(fleet):
    slow_at(fleet, Point.RCPT)

    found = fleet.wrong()

    fleet.sink.whim = calm
    assert found == {}


def test_message_without_an_answer_is_never_sent_again(fleet):
    silent_at(fleet, itertools.product([Point.BODY, Point.TAKEN], ["hang", "close"]))

    assert fleet.wrong() == {}


def test_stop_under_load_leaves_nothing_in_doubt(fleet):
    fleet.settle()
    before = fleet.evidence().in_doubt
    nemesis = Nemesis(fleet, seed=6, weights={"restart_product": 1}, pause=(0.3, 0.6))

    storm(fleet, nemesis, until=lambda: nemesis.endings)

    assert fleet.wrong() == {}
    assert fleet.evidence().in_doubt == before
    assert max(nemesis.endings) <= 30


@pytest.mark.claim("C38")
@pytest.mark.claim("C42", partly=True)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_day_keeps_its_limit_although_several_senders_serve_one_inbox(database):
    with running_fleet(database, inboxes=0, CROWD="1") as fleet:
        for name in ("ann", "bob"):  # fewer than senders: they meet
            fleet.connect(f"{name}@acme.test", limit=15)

        crowded(fleet, 2 * 30)

        assert fleet.wrong() == {}
        left = Counter(each.sender for each in accepted(fleet.sink.log))
        assert left == {"ann@acme.test": 15, "bob@acme.test": 15}
        waiting = {send.account_id: send.id for send in fleet.rows(Send) if send.state == "queued"}
        assert words(fleet.client.get("/email-accounts")).count(" 15/15 ") == 2
        for account_id, send_id in waiting.items():
            assert "Sent today 15 of 15" in words(fleet.client.get(f"/email-accounts/{account_id}"))
            page = words(fleet.client.get(f"/messages/{send_id}"))
            assert "acme.test has used 15 of 15 today; its limit is new at midnight UTC" in page
            assert "at 00:00" in page
        assert len(waiting) == 2


@pytest.mark.skipif(not can_mount(), reason="only root may mount a small disk")
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_full_disk_stops_sending_and_room_on_it_is_enough_to_go_on(database):
    with running_fleet(database, small_disk=True) as fleet:
        nemesis = Nemesis(fleet, seed=7, weights={"fill_disk": 1}, pause=(0.5, 1), outage=(3, 4))

        storm(fleet, nemesis, until=lambda: nemesis.strikes.total() >= 2 and fleet.refusals > 0)
        fleet.ask(20)

        assert fleet.refusals
        assert fleet.wrong() == {}
        assert fleet.evidence().in_doubt == set()
