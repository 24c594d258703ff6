"""An account's log is read newest first, a page at a time."""

from itertools import chain

import pytest

from nimbus.extensions import db
from nimbus.models.event_queries import PAGE, list_events
from tests.factories import make_email_account, make_events, make_workspace


@pytest.fixture
def ava(acme):
    return make_email_account(acme, "ava@acme.test")


def pages(workspace_id, account_id):
    """The sentences of each page, followed by the link to what is older."""
    before = None
    while True:
        events, before = list_events(db.session(), workspace_id, account_id, before=before)
        yield [event.sentence for event in events]
        if before is None:
            return


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (PAGE, [PAGE]), (PAGE + 1, [PAGE, 1]), (60, [25, 25, 10])]
)
def test_the_log_is_paged_without_an_empty_last_page(acme, ava, count, sizes):
    make_events(acme, ava, count)

    read = list(pages(acme, ava))
    assert [len(page) for page in read] == sizes
    assert [*chain(*read)] == [f"Event {number}" for number in range(count, 0, -1)]


def test_a_page_stays_as_it_is_while_new_events_come_in(acme, ava):
    make_events(acme, ava, PAGE + 3)
    _, before = list_events(db.session(), acme, ava)
    older = [event.sentence for event in list_events(db.session(), acme, ava, before=before)[0]]
    make_events(acme, ava, 5, sentence="Later {number}")

    assert older == ["Event 3", "Event 2", "Event 1"]
    assert older == [event.sentence for event in list_events(db.session(), acme, ava, before=before)[0]]


def test_the_log_is_that_of_one_account_in_one_workspace(acme, ava):
    bob = make_email_account(acme, "bob@acme.test")
    make_events(acme, ava, 1, sentence="Ava's")
    make_events(acme, bob, 1, sentence="Bob's")

    assert list(pages(acme, ava)) == [["Ava's"]]
    assert list(pages(make_workspace("Zenith"), ava)) == [[]]
