"""The judge of sending sees what it is there for: each bug is noticed by the invariant that it breaks."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.fleet import running_fleet
from tests.faults.send_scenarios import crowded, killed_at, silent_at, slow_at
from tests.servers.sink import Point

# The same misfortunes that the product itself survives in test_sends.
MISFORTUNES = {
    "retry_after_a_silence": lambda fleet: silent_at(fleet, [(Point.TAKEN, "hang")]),
    "read_then_write_the_budget": lambda fleet: crowded(fleet, 60),
    "call_it_sent_early": lambda fleet: killed_at(fleet, [Point.BODY]),
    "forget_the_body": lambda fleet: killed_at(fleet, [Point.TAKEN]),
    "reap_the_living": lambda fleet: slow_at(fleet, Point.RCPT),
}


@pytest.fixture(scope="module")
def verdicts():
    """What the judge says of sending with each bug, two tried at once: half of the time they wait."""

    def judge(bug):
        crowded_few = {"inboxes": 2, "CROWD": "1", "senders": 4}
        crowd = crowded_few if bug == "read_then_write_the_budget" else {"inboxes": 4}
        with running_fleet("sqlite", limit=20, settles_within=10, PLANTED_BUG=bug, **crowd) as fleet:
            MISFORTUNES[bug](fleet)
            return fleet.wrong()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(MISFORTUNES, pool.map(judge, MISFORTUNES), strict=True))


@pytest.mark.parametrize(
    ("bug", "invariant"),
    [
        ("retry_after_a_silence", "nothing_leaves_twice"),
        ("read_then_write_the_budget", "no_day_is_over_its_limit"),
        ("call_it_sent_early", "nothing_is_lost"),
        ("forget_the_body", "nothing_leaves_twice"),
        ("reap_the_living", "every_send_ends"),
    ],
)
def test_planted_bug_is_noticed(verdicts, bug, invariant):
    assert invariant in verdicts[bug]
