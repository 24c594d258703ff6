"""Campaigns over pools for long: hundreds of deaths, an emptied queue, and inboxes that turn bad and good all the time."""

import random
import time
from collections import Counter

import pytest

from tests.faults.campaign_fleet import CampaignFleet, Turncoats, campaign_storm
from tests.faults.fleet import KillsAt, running_fleet
from tests.faults.send_scenarios import both, faulty
from tests.servers.availability import require
from tests.servers.sink import Point

STRIKES, DEATHS = 600, 100
WEIGHTS = {
    "turn_inbox": 10,
    "kill_sender": 6,
    "halt_campaign": 3,
    "flush_queue": 2,
    "kill_queue": 1,
    "disturb_database": 1,
}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_campaigns_under_fire_serve_everybody_once_and_never_through_a_bad_inbox(database, capsys):
    if database == "postgres":
        require("postgres")
    began, chance = time.monotonic(), random.Random(9)
    with running_fleet(
        database, kind=CampaignFleet, inboxes=60, limit=120, senders=4, settles_within=60
    ) as fleet:
        fleet.launch(campaigns=9, contacts=900)  # more than sixty inboxes may send in a day
        whim = KillsAt(fleet, chance.choices(list(Point), k=DEATHS))
        fleet.sink.whim = both(whim, faulty(seed=9, share=0.002))
        nemesis = Turncoats(fleet, seed=9, weights=WEIGHTS, pause=(0.1, 0.6), outage=(0.5, 2))

        campaign_storm(fleet, nemesis, strikes=STRIKES)

        found = fleet.wrong()
        figures = dict(nemesis.strikes) | {
            "seconds": round(time.monotonic() - began),
            "deaths_at_points": len(whim.struck),
            **_counted(fleet.campaign_evidence()),
            "broken": sorted(found),
        }
        with capsys.disabled():
            text = " ".join(f"{name} {value}" for name, value in figures.items())
            print(f"\nsoak campaigns {database} {text}")  # noqa: T201 - what the run is for
        assert found == {}


def _counted(evidence):
    """What the judge looked at."""
    return {
        "batches": len(evidence.batches),
        "taken": len(evidence.taken),
        "deferrals": len(evidence.deferrals),
        **Counter(contact.state for contact in evidence.contacts),
    }
