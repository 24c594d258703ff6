"""Doubt ends once: by a person's word or by evidence, and never by sending again unasked."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, EmailAccountHealth, InboxDay, Send
from nimbus.services.resolve_send import NoSuchSend, NotInDoubt, resolve, send_again
from nimbus.services.send_messages import serve_inbox
from nimbus.services.sweep import purge
from nimbus.services.update_account import remove_account
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp, hang_up
from tests.services.posting import make_inbox, queue


@pytest.fixture
def doubt(acme):
    """A message whose body left, and no answer came."""
    with ScriptedSmtp({"MESSAGE": hang_up}) as smtp:
        account_id = make_inbox(acme, smtp.port)
        send_id = queue(acme, account_id)
        serve_inbox(acme, account_id)
    assert found(send_id).state == "ambiguous"
    return send_id


def actions():
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_person_says_that_it_was_sent(asker, doubt):
    resolve(asker, doubt, was_sent=True)

    send = found(doubt)
    assert (send.state, send.resolved_by, send.reason, send.next_look_at) == ("sent", "Ada", None, None)
    assert send.copy_state == "wanted"
    assert send.timeline[-1][1:] == ["sent", "Ada says that it was sent.", ""]
    assert send.finished_at <= now()
    assert actions() == ["message_decided"]


def test_a_person_says_that_it_was_not_sent(asker, doubt):
    resolve(asker, doubt, was_sent=False)

    send = found(doubt)
    assert (send.state, send.reason) == ("failed", "Ada says that it was not sent.")
    assert send.copy_state is None


def test_its_place_in_the_budget_stays_used(asker, doubt):
    resolve(asker, doubt, was_sent=False)

    assert db.session.execute(sa.select(InboxDay.sent, InboxDay.reserved)).one() == (1, 0)


def test_sending_again_makes_one_new_message_however_often_it_is_pressed(asker, doubt, at_once):
    ids = at_once(lambda _: send_again(asker, doubt), 4)

    [new_id] = set(ids)
    old, new = found(doubt), found(new_id)
    assert (old.state, new.state, new.kind) == ("failed", "queued", "manual")
    assert (new.recipient, new.subject, new.body) == (old.recipient, old.subject, old.body)
    assert f"Ada sent it again as message {new_id}." in old.timeline[-1][2]
    assert f"Ada sent message {doubt} again" in new.timeline[0][2]
    assert new.message_id is None
    assert actions() == ["message_sent_again"]


@pytest.fixture
def given_up(acme, ava, clock):
    """A test message that could not leave for three days."""
    send_id = queue(acme, ava, kind="test")
    with transaction() as session:
        session.get_one(EmailAccountHealth, ava).connection_state = "auth_failed"
    serve_inbox(acme, ava)
    clock.advance(days=3)
    serve_inbox(acme, ava)
    purge()
    assert found(send_id).category == "expired"
    return send_id


def test_what_was_given_up_goes_again_as_one_new_message_however_often_it_is_pressed(
    asker, given_up, at_once
):
    ids = at_once(lambda _: send_again(asker, given_up), 4)

    [new_id] = set(ids)
    old, new = found(given_up), found(new_id)
    assert (old.state, old.category, new.state, new.kind) == ("failed", "expired", "queued", "test")
    assert (new.recipient, new.subject, new.body) == (old.recipient, old.subject, old.body)
    assert old.timeline[-1][2] == f"Ada sent it again as message {new_id}."
    assert new.timeline[0][2] == f"Ada sent message {given_up} again, which could not leave in time."
    assert actions() == ["message_sent_again"]


@pytest.mark.parametrize("why", [{"category": "hard_invalid"}, {"category": "expired", "kind": "campaign"}])
def test_nothing_else_that_failed_goes_again_unchanged(asker, given_up, why):
    with transaction() as session:
        session.execute(sa.update(Send).values(why))

    with pytest.raises(NotInDoubt):
        send_again(asker, given_up)


def test_what_is_decided_is_not_decided_again(asker, doubt):
    resolve(asker, doubt, was_sent=True)

    for again in (lambda: resolve(asker, doubt, was_sent=False), lambda: send_again(asker, doubt)):
        with pytest.raises(NotInDoubt, match="decided already"):
            again()
    assert found(doubt).state == "sent"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Send)) == 1


def test_two_people_who_decide_at_once_do_not_both(asker, doubt, at_once):
    outcomes = at_once(lambda number: resolve(asker, doubt, was_sent=bool(number % 2)), 6)

    assert outcomes.count(None) == 1
    assert {type(outcome) for outcome in outcomes} == {type(None), NotInDoubt}


def test_a_message_of_another_workspace_does_not_exist(asker, doubt):
    stranger = replace(asker, workspace_id=asker.workspace_id + 1)

    for ask in (lambda: resolve(stranger, doubt, was_sent=True), lambda: send_again(stranger, doubt)):
        with pytest.raises(NoSuchSend):
            ask()
    with pytest.raises(NoSuchSend):
        resolve(asker, doubt + 999, was_sent=True)


def test_a_message_that_waits_cannot_be_decided(asker, acme, ava):
    send_id = queue(acme, ava)

    with pytest.raises(NotInDoubt):
        resolve(asker, send_id, was_sent=True)


def test_it_can_be_decided_after_its_inbox_was_removed(asker, doubt):
    remove_account(asker, found(doubt).account_id)

    resolve(asker, doubt, was_sent=True)

    assert (found(doubt).state, found(doubt).copy_state) == ("sent", None)
