"""A worker's turn at an inbox ends with the worker's work, also when the database is away at that moment."""

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import InboxSender
from nimbus.services.sender_turn import take_turn
from tests.factories import reload
from tests.servers.processes import wait_until
from tests.services.outages import outage


def is_free(account_id):
    return reload(InboxSender, account_id).owner is None


def test_turn_that_ends_while_the_database_is_away_is_free_once_that_is_back(acme, ava):
    turn = take_turn(acme, ava)
    pace = now().replace(microsecond=0)
    db.session.remove()

    with outage(db.engine), turn:
        turn.hold(pace)

    assert not is_free(ava)
    wait_until(lambda: is_free(ava), within=10, what="the turn to be given back")
    assert reload(InboxSender, ava).next_slot_at == pace
    assert take_turn(acme, ava)


def test_turn_that_another_worker_has_by_then_stays_with_that_one(acme, ava, clock):
    late = take_turn(acme, ava)
    clock.advance(seconds=61)
    second = take_turn(acme, ava)

    with late:
        pass

    assert reload(InboxSender, ava).owner == second.owner
