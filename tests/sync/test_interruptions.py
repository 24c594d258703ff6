"""A server that dies while it is read costs nothing: nothing is kept twice, and nothing is missed."""

import pytest

from nimbus.models import InboxSync
from tests.factories import reload
from tests.sync.cutting import BreakingWire, break_often

pytestmark = pytest.mark.servers
TIMES = 10


@pytest.fixture
def wire(inbox):
    with BreakingWire(inbox.stack.imap_plain) as wire:
        inbox.connect_over(wire.port)
        yield wire


def test_a_server_that_dies_in_the_middle_again_and_again_loses_and_doubles_nothing(inbox, wire):
    count = break_often(inbox, wire, TIMES, seed=7)

    assert sorted(inbox.subjects()) == sorted(f"Mail {number}" for number in range(count))
    assert inbox.cursor().last_uid == count
    assert reload(InboxSync, inbox.account_id).failures == 0


def test_a_server_that_died_is_asked_again_soon_and_then_less_often(inbox, wire):
    wire.breaks_after = 50
    waits = []

    for _ in range(4):
        row = inbox.sync()
        waits.append(row.next_at - row.tried_at)

    assert row.failures == 4
    assert waits == sorted(waits)
    assert waits[0] < waits[3]
    assert inbox.server().failure_code in {"closed", "unreachable"}
    assert inbox.log().count(inbox.log()[-1]) == 1
