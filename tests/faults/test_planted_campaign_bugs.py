"""The judge of campaigns sees what it is there for: each bug is noticed by the invariant that it breaks."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Event

import pytest

from nimbus.models import Campaign, Send
from nimbus.rules.send_state import HELD, SendState
from tests.faults.campaign_fleet import CampaignFleet
from tests.faults.campaign_judge import campaign_verdict
from tests.faults.fleet import running_fleet
from tests.servers.processes import wait_until
from tests.servers.sink import Point

NOTICED_BY = {
    "place_without_looking": "nothing_is_placed_at_a_bad_inbox",
    "claim_without_asking": "nothing_is_claimed_from_a_bad_inbox",
    "take_back_what_is_under_way": "nobody_is_written_to_twice",
    "forget_the_snapshot": "every_message_has_its_snapshot",
}


def judge(bug):
    """What is found of two campaigns with a bug.

    An inbox turns bad while a batch places and messages wait there; the next batch begins while senders hold messages.
    """
    with running_fleet("sqlite", kind=CampaignFleet, inboxes=4, settles_within=10, PLANTED_BUG=bug) as fleet:
        gate = Event()
        fleet.sink.whim = partial(_waits_for, gate)
        fleet.launch(campaigns=2, contacts=24)
        fleet.ask()
        wait_until(lambda: _waiting(fleet), within=20, what="messages")
        [(inbox, _)] = _waiting(fleet).most_common(1)
        fleet.spoil(inbox, "reserved")
        enough = len(fleet.rows(Send)) + 6
        wait_until(lambda: _is_over(fleet) or len(fleet.rows(Send)) > enough, within=20, what="more of it")
        found = campaign_verdict(fleet.campaign_evidence())  # what is taken back is not seen later
        wait_until(lambda: _held(fleet), within=20, what="a message that is held")
        asked_at = datetime.now(UTC)
        fleet.ask()
        wait_until(lambda: _had_a_batch(fleet, asked_at), within=20, what="another batch")
        gate.set()
        fleet.ask()
        return found | fleet.wrong()


def _waits_for(gate, point, _visit):
    if point == Point.BODY:
        gate.wait(20)


def _waiting(fleet):
    """How many messages wait at each inbox."""
    return Counter(send.account_id for send in fleet.rows(Send) if send.state == SendState.QUEUED)


def _held(fleet):
    return [send for send in fleet.rows(Send) if send.state in HELD]


def _is_over(fleet):
    return all(each.owner is None for each in fleet.rows(Campaign))


def _had_a_batch(fleet, since):
    return all(each.next_at is None or each.next_at > since for each in fleet.rows(Campaign))


@pytest.fixture(scope="module")
def verdicts():
    """What the judge says with each bug, two tried at once: half of the time they wait."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(NOTICED_BY, pool.map(judge, NOTICED_BY), strict=True))


@pytest.mark.parametrize("bug", NOTICED_BY)
def test_planted_bug_is_noticed(verdicts, bug):
    assert NOTICED_BY[bug] in verdicts[bug]
