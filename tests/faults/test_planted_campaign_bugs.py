"""The judge of campaigns sees what it is there for: each bug is noticed by the invariant that it breaks."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.campaign_fleet import TURNS, CampaignFleet
from tests.faults.fleet import running_fleet

NOTICED_BY = {
    "claim_without_asking": "nothing_is_claimed_from_a_bad_inbox",
    "forget_the_snapshot": "every_message_has_its_snapshot",
}


@pytest.fixture(scope="module")
def verdicts():
    """What the judge says of campaigns with each bug, two tried at once: half of the time they wait."""

    def judge(bug):
        with running_fleet(
            "sqlite", kind=CampaignFleet, inboxes=4, settles_within=10, PLANTED_BUG=bug
        ) as fleet:
            fleet.launch(campaigns=2, contacts=24)
            fleet.sink.whim = fleet.slowly
            for number, turn in enumerate(TURNS):
                inbox = fleet.inboxes[number % len(fleet.inboxes)]
                fleet.ask()
                fleet.spoil(inbox, turn)
                fleet.ask()
                fleet.settle()
                fleet.mend(inbox)
            fleet.finish()
            return fleet.wrong()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(NOTICED_BY, pool.map(judge, NOTICED_BY), strict=True))


@pytest.mark.parametrize("bug", NOTICED_BY)
def test_planted_bug_is_noticed(verdicts, bug):
    assert NOTICED_BY[bug] in verdicts[bug]
