"""The harness is shown bugs: for each the judge must name what is wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.judge import broken
from tests.faults.scenarios import emptied_before_anybody_came, frozen_after_the_dot, killed_at
from tests.faults.world import running_world

# The same misfortunes that the product itself survives in test_points.
MISFORTUNES = {
    "save_the_account_early": lambda world: killed_at(world, [("imap", "EXAMINE")]),
    "forget_the_fence": lambda world: frozen_after_the_dot(world, "frozen", swept=True),
    "send_again_after_a_crash": lambda world: killed_at(world, [("smtp", "MESSAGE")]),
    "trust_the_queue": lambda world: emptied_before_anybody_came(world, "emptied"),
}


@pytest.fixture(scope="module")
def verdicts(mail_stack):
    """What the judge says of the product with each bug, all tried at once: most of the time they wait."""

    def judge(bug):
        with running_world(mail_stack, "sqlite", PLANTED_BUG=bug, settles_within=7) as world:
            MISFORTUNES[bug](world)
            return broken(world)

    with ThreadPoolExecutor(len(MISFORTUNES)) as pool:
        return dict(zip(MISFORTUNES, pool.map(judge, MISFORTUNES), strict=True))


@pytest.mark.parametrize(
    ("bug", "invariant"),
    [
        ("save_the_account_early", "accounts_are_those_that_passed"),
        ("forget_the_fence", "verdicts_stand"),
        ("send_again_after_a_crash", "messages_leave_once"),
        ("trust_the_queue", "every_test_ends"),
    ],
)
def test_planted_bug_is_noticed(verdicts, bug, invariant):
    assert invariant in verdicts[bug]
