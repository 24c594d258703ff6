"""Reading for long: a server that dies a hundred times, and a mailbox of fifty thousand messages."""

import time

import pytest

from tests.sync.conftest import asker, environ, inbox, pages  # noqa: F401 - the same inboxes as in the short run
from tests.sync.cutting import BreakingWire, break_often
from tests.sync.reading import fill, letter

KILLS, MANY = 100, 50_000


def test_a_server_that_dies_a_hundred_times_loses_and_doubles_nothing(inbox):  # noqa: F811
    with BreakingWire(inbox.stack.imap_plain) as wire:
        inbox.connect_over(wire.port)
        count = break_often(inbox, wire, KILLS, seed=11)

    assert sorted(inbox.kept_ids()) == sorted(f"<{number}@beta.test>" for number in range(count))


@pytest.mark.parametrize("count", [MANY])
def test_fifty_thousand_messages_are_all_kept_once(inbox, capsys, count):  # noqa: F811
    inbox.sync()
    fill(inbox.stack, inbox.email, (letter(number) for number in range(count)))
    begun = time.monotonic()

    while len(inbox.kept_ids()) < count:
        inbox.sync()

    with capsys.disabled():
        print(f"\nsoak sync messages {count} seconds {time.monotonic() - begun:.0f}")  # noqa: T201 - what it is for
    assert len(set(inbox.kept_ids())) == count
