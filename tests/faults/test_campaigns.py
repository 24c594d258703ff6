"""Campaigns over pools while senders die, the queue is emptied and inboxes turn bad: everybody once, and never through a bad one."""

import itertools

import pytest

from tests.faults.campaign_fleet import CampaignFleet, Turncoats, campaign_storm
from tests.faults.fleet import KillsAt, running_fleet
from tests.servers.availability import require
from tests.servers.sink import Point

WEIGHTS = {"turn_inbox": 8, "kill_sender": 2, "halt_campaign": 2, "flush_queue": 1, "disturb_database": 1}


@pytest.mark.claim("C35", partly=True)
@pytest.mark.claim("C55", partly=True)
@pytest.mark.claim("C63")
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_campaigns_serve_everybody_once_and_never_through_an_inbox_that_may_not_send(database):
    if database == "postgres":
        require("postgres")
    with running_fleet(database, kind=CampaignFleet, inboxes=9, limit=15) as fleet:
        fleet.launch(campaigns=3, contacts=60)  # more than nine inboxes may send in a day
        points = itertools.islice(itertools.cycle([Point.BODY, Point.RCPT, Point.TAKEN]), 4)
        fleet.sink.whim = KillsAt(fleet, points)
        nemesis = Turncoats(fleet, seed=8, weights=WEIGHTS, pause=(0.1, 0.4), outage=(0.5, 1))

        campaign_storm(fleet, nemesis, strikes=20)

        assert fleet.wrong() == {}
        assert len(fleet.campaign_evidence().taken) > 100
        assert sum(map(len, fleet.bad.values())) >= 4
