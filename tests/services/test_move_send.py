"""What somebody wrote and what waits leaves through another inbox, as a message of that inbox, and once."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, EmailAccountHealth, Send, Suppression
from nimbus.rules.send_answers import Category
from nimbus.services.live_place import SendsNothing, forget_places
from nimbus.services.move_send import Stays, move_send
from nimbus.services.queue_send import InboxGone, MessageRefused
from nimbus.services.resolve_send import NoSuchSend
from nimbus.services.send_ledger import claim_next, give_up, put_back, reap
from tests.factories import make_email_account, make_workspace
from tests.sending.reading import found
from tests.services.sends import counts, differences, in_data, queue


@pytest.fixture
def bea(acme):
    return make_email_account(acme, "bea@beta.test", display_name="Bea")


@pytest.fixture
def waiting(acme, ava):
    """A message that Ava's server would not take when its body was there: stored, and put off."""
    queue(acme, ava, kind="manual")
    return put_off(in_data(acme, ava))


@pytest.fixture
def move(asker, ava, bea):
    """Move a message from Ava's inbox to Bea's, unless told otherwise."""

    def moved(send_id, who=asker, *, from_account=ava, to_account=bea):
        return move_send(who, send_id, from_account=from_account, to_account=to_account)

    return moved


def put_off(claimed):
    later = now() + timedelta(days=7)
    put_back(claimed, due_at=later, category=Category.SIGN_IN_LOST, sentence="Reconnect.", line="451 no")
    return claimed.id


def events():
    db.session.rollback()
    return [(row.action, row.object_name, row.details) for row in db.session.scalars(sa.select(AuditEvent))]


def test_it_waits_at_the_other_inbox_as_if_it_had_been_written_there(acme, ava, bea, waiting, move):
    before = found(waiting)
    assert move(waiting) == "bea@beta.test"

    send = found(waiting)
    assert (send.account_id, send.state, send.attempts) == (bea, "queued", 0)
    assert (send.message, send.message_id, send.in_data_at) == (None, None, None)
    assert (send.category, send.reason, send.server_line) == (None, None, None)
    assert send.timeline[-1][1:] == ["queued", "Ada moved it from ava@acme.test to bea@beta.test.", ""]
    assert claim_next(acme, ava, "w") is None
    claimed = claim_next(acme, bea, "w")
    assert (claimed.id, claimed.message) == (waiting, None)
    assert claimed.message_id != before.message_id
    assert claimed.message_id.endswith("@beta.test>")


def test_only_the_budget_of_the_inbox_it_leaves_through_is_used(acme, ava, bea, waiting, move):
    move(waiting)
    claimed = claim_next(acme, bea, "w")

    assert (counts(ava), counts(bea)) == ({claimed.day: (0, 0)}, {claimed.day: (0, 1)})
    assert differences() == []


def test_the_audit_log_says_who_moved_what_from_where_to_where_and_two_clicks_are_one(waiting, move):
    assert {move(waiting), move(waiting)} == {"bea@beta.test"}

    about = {"to": "to0@beta.test", "through": "bea@beta.test"}
    assert events() == [("message_moved", "ava@acme.test", about)]
    assert len(found(waiting).timeline) == 4


def test_the_three_days_go_on_counting_from_the_start(acme, ava, bea, waiting, move, clock):
    clock.advance(hours=71)
    move(waiting)
    put_off(claim_next(acme, bea, "w"))
    assert give_up() == 0

    clock.advance(hours=2)

    assert give_up() == 1
    assert (found(waiting).state, found(waiting).category) == ("failed", "expired")


def test_what_a_worker_has_cannot_be_moved(acme, ava, waiting, move):
    [other] = queue(acme, ava, kind="manual")
    claim_next(acme, ava, "w")

    with pytest.raises(Stays, match="a worker took it"):
        move(other)
    assert (found(other).account_id, found(other).state) == (ava, "claimed")


def test_what_was_ever_in_doubt_stays_with_its_inbox(acme, ava, move, clock):
    queue(acme, ava, kind="manual")
    claimed = in_data(acme, ava)
    clock.advance(minutes=2)
    reap()
    put_off(claimed)  # the worker lives after all, and its server had refused
    assert found(claimed.id).state == "queued"

    with pytest.raises(Stays, match="in doubt before, and may have arrived"):
        move(claimed.id)
    assert found(claimed.id).account_id == ava


@pytest.mark.parametrize("kind", ["test", "campaign", "warmup"])
def test_only_what_somebody_wrote_is_moved_by_hand(acme, ava, move, kind):
    [send_id] = queue(acme, ava, kind=kind)

    with pytest.raises(Stays, match="Only what somebody wrote"):
        move(send_id)
    assert found(send_id).account_id == ava


def test_it_is_not_moved_to_an_inbox_that_is_gone_or_somebody_elses(acme, ava, bea, waiting, move):
    theirs = make_email_account(make_workspace("Zenith"), "cy@zenith.test")
    with transaction() as session:
        session.get_one(EmailAccountHealth, bea).removed_at = now()

    for target in (bea, theirs, 999_999):
        with pytest.raises(InboxGone):
            move(waiting, to_account=target)
    assert found(waiting).account_id == ava


def test_a_message_of_another_workspace_does_not_exist(asker, waiting, move):
    stranger = replace(asker, workspace_id=make_workspace("Zenith"))

    for who, send_id in ((stranger, waiting), (asker, waiting + 999)):
        with pytest.raises(NoSuchSend):
            move(send_id, who)


def test_nothing_is_moved_for_a_recipient_who_is_suppressed_by_now(acme, ava, waiting, move):
    with transaction() as session:
        row = {"email": "to0@beta.test", "reason": "opt_out", "created_at": now()}
        session.add(Suppression(workspace_id=acme, **row))

    with pytest.raises(MessageRefused, match="asked for no more mail"):
        move(waiting)
    assert found(waiting).account_id == ava


def test_a_copy_that_nobody_confirmed_moves_nothing(waiting, move):
    with transaction() as session:
        forget_places(session)

    with pytest.raises(SendsNothing):
        move(waiting)


def test_those_who_move_it_while_a_worker_takes_it_find_it_gone(ava, waiting, move, at_one_lock):
    claim = sa.update(Send).values(state="claimed", owner="w")

    outcomes = at_one_lock(claim, lambda _: move(waiting), 2)

    assert [type(outcome) for outcome in outcomes] == [Stays, Stays]
    assert found(waiting).account_id == ava


def test_of_two_people_who_move_it_to_different_inboxes_one_does(acme, waiting, bea, move, at_one_lock):
    inboxes = [bea, make_email_account(acme, "cy@beta.test")]
    db.session.rollback()

    outcomes = at_one_lock(
        sa.update(Send).values(state="queued"), lambda number: move(waiting, to_account=inboxes[number]), 2
    )

    [address] = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert {type(outcome) for outcome in outcomes} == {str, Stays}
    assert found(waiting).account_id == inboxes[address == "cy@beta.test"]
    assert len(events()) == 1


def test_messages_that_are_moved_while_workers_claim_are_each_claimed_once(acme, ava, bea, move, at_once):
    ids = queue(acme, ava, 12, kind="manual")

    def claims(inbox):
        return [claimed.id for claimed in iter(lambda: claim_next(acme, inbox, f"w{inbox}"), None)]

    def moves():
        return [send_id for send_id in ids if succeeds(move, send_id)]

    acts = (moves, lambda: claims(ava), lambda: claims(bea))
    moved, by_old, by_new = at_once(lambda number: acts[number](), 3)
    by_new += claims(bea)

    assert (sorted(by_old + by_new), sorted(moved)) == (ids, sorted(by_new))
    assert differences() == []


def succeeds(move, send_id):
    try:
        return bool(move(send_id))
    except Stays:
        return False
