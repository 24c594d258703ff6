"""100,000 claims by 32 workers: not one inbox sends one more than its limit on any day."""

import time

import pytest

from nimbus.extensions import db
from tests.factories import make_workspace
from tests.services.claiming import claim_all, make_inboxes, watched
from tests.services.sends import counts, differences, queue

INBOXES, DAYS, WORKERS = 300, 112, 32  # with limits 1 to 5 that is 3 a day and inbox: 100,800 claims
QUEUED_AT_ONCE = 40


@pytest.fixture
def database_url(both_databases):
    return both_databases


def test_32_workers_never_take_one_more_than_a_limit(app, context, clock, capsys):
    workspace_id = make_workspace(timezone="UTC")
    inboxes = make_inboxes(workspace_id, [1, 2, 3, 4, 5] * (INBOXES // 5), sends=0)
    clock.advance(hours=(27 - clock.now().hour) % 24)  # three in the morning: no day ends within a round
    began, claims = time.monotonic(), 0

    with watched(app) as over:
        for day in range(DAYS):
            for inbox in inboxes if day % (QUEUED_AT_ONCE // 5) == 0 else ():
                queue(workspace_id, inbox, QUEUED_AT_ONCE)
            claims += claim_all(app, workspace_id, inboxes, workers=WORKERS, seed=day).total()
            clock.advance(days=1)

    figures = f"claims {claims} seconds {time.monotonic() - began:.0f}"
    with capsys.disabled():
        print(f"\nsoak claims {db.engine.dialect.name} {figures}")  # noqa: T201 - what the run is for
    assert over == []
    assert claims == 3 * len(inboxes) * DAYS
    assert all(sum(used) == limit for box, limit in inboxes.items() for used in counts(box).values())
    assert differences() == []
