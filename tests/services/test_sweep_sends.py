"""What the sweep does for sends: ringing again for what is due, and taking back what dead workers held."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, InboxSender, InstanceFact, Send
from nimbus.models.instance import LIVE_AT
from nimbus.queue_server import queue_url
from nimbus.rules.send_answers import Category
from nimbus.services.send_ledger import begin_body, claim_next, put_back
from nimbus.services.sender_turn import bring_forward, take_turn
from nimbus.services.sweep import purge, sweep
from nimbus.settings import current_settings
from tests.factories import make_email_account
from tests.sending.reading import found
from tests.services.posting import queue
from tests.services.sends import counts


@pytest.fixture
def connection(context):
    return queues.connect(queue_url(current_settings()))


@pytest.fixture
def swept(connection):
    """What workers are asked for by a sweep, after the queue has lost everything."""

    def sweep_alone():
        connection.flushall()
        sweep()
        queue_names = (queues.SEND, queues.SYNC)
        waiting = [Queue(name, connection=connection, serializer=JSONSerializer) for name in queue_names]
        return sorted((job.func_name, *job.args) for jobs in waiting for job in jobs.get_jobs())

    return sweep_alone


def change(send_id, **values):
    with transaction() as session:
        session.execute(sa.update(Send).where(Send.id == send_id).values(values))


def disconnect(account_id):
    with transaction() as session:
        session.get_one(EmailAccountHealth, account_id).connection_state = "auth_failed"


@pytest.fixture
def waiting(acme, ava):
    """Queue a message of this kind that the gate has put off, as its inbox is not connected; its id."""

    def put_off(kind):
        send_id = queue(acme, ava, kind=kind)
        disconnect(ava)
        assert claim_next(acme, ava, "w") is None
        return send_id

    return put_off


def test_inboxes_with_something_due_are_rung_for_once_each(acme, ava, swept):
    other = make_email_account(acme, "eve@acme.test")
    for account_id in (ava, ava, other):
        queue(acme, account_id)

    assert swept() == [(queues.SERVE_INBOX, acme, ava), (queues.SERVE_INBOX, acme, other)]


def test_what_is_due_later_or_done_rings_nobody(acme, ava, swept):
    queue(acme, ava, due_at=now() + timedelta(hours=1))
    change(queue(acme, ava), state="sent")

    assert swept() == []


def test_an_inbox_that_is_served_or_keeps_its_pace_is_left_alone(acme, ava, swept, clock):
    queue(acme, ava)
    take_turn(acme, ava)
    assert swept() == []

    clock.advance(seconds=61)
    assert swept() == [(queues.SERVE_INBOX, acme, ava)]
    with transaction() as session:
        session.get_one(InboxSender, ava).next_slot_at = now() + timedelta(seconds=30)
    assert swept() == []


def test_a_message_whose_worker_died_before_its_body_is_rung_for_again(acme, ava, swept, clock):
    send_id = queue(acme, ava)
    claim_next(acme, ava, "w")
    assert swept() == []

    clock.advance(seconds=61)
    assert swept() == [(queues.SERVE_INBOX, acme, ava)]
    assert found(send_id).state == "queued"


def test_a_message_whose_worker_died_after_its_body_is_looked_for_a_minute_later(acme, ava, swept, clock):
    send_id = queue(acme, ava)
    begin_body(claim_next(acme, ava, "w"), b"the message")
    clock.advance(seconds=61)
    assert swept() == []
    assert found(send_id).state == "ambiguous"

    clock.advance(seconds=61)
    assert swept() == [(queues.LOOK_FOR_SEND, acme, send_id)]


def test_copies_that_are_wanted_and_due_ring_once_for_an_inbox(acme, ava, swept):
    due, early, kept = (queue(acme, ava) for _ in range(3))
    change(due, state="sent", copy_state="wanted")
    change(early, state="sent", copy_state="wanted", next_look_at=now() + timedelta(minutes=5))
    change(kept, state="sent", copy_state="kept")
    assert swept() == [(queues.KEEP_COPIES, acme, ava)]

    change(due, copy_state="kept")
    assert swept() == []


def test_what_a_person_wrote_ends_with_its_reason_when_it_could_not_leave_for_three_days(
    acme, ava, clock, waiting
):
    sends = [waiting(kind) for kind in ("manual", "test")]
    clock.advance(hours=71, minutes=59)
    claim_next(acme, ava, "w")
    purge()
    assert {found(each).state for each in sends} == {"queued"}

    clock.advance(minutes=1)
    purge()
    purge()

    why = "ava@acme.test must be reconnected. The server refused the password."
    for send in map(found, sends):
        assert (send.state, send.category) == ("failed", "expired")
        assert now() - send.finished_at < timedelta(minutes=1)
        assert send.reason == f"It could not be sent within 3 days: {why} Send it again once that is settled."
        assert [line[1:3] for line in send.timeline][1:] == [["failed", send.reason]]
    assert counts(ava) == {}


@pytest.mark.parametrize("kind", ["campaign", "warmup"])
def test_what_a_machine_wrote_waits_on(clock, waiting, kind):
    send_id = waiting(kind)

    clock.advance(days=30)
    purge()

    assert found(send_id).state == "queued"


def test_what_waited_for_days_is_tried_and_not_ended_when_the_inbox_is_repaired(acme, ava, clock, waiting):
    send_id = waiting("manual")
    clock.advance(days=4)
    with transaction() as session:
        session.get_one(EmailAccountHealth, ava).connection_state = "ok"
        bring_forward(session, acme, ava)

    purge()

    assert claim_next(acme, ava, "w").id == send_id


def test_the_three_days_of_a_message_that_was_tried_begin_with_that(acme, ava, clock):
    send_id = queue(acme, ava)
    clock.advance(days=2)
    put_back(
        claim_next(acme, ava, "w"), due_at=now(), category=Category.SOFT_TEMP, sentence="Later.", line="451"
    )
    disconnect(ava)
    claim_next(acme, ava, "w")

    states = []
    for days in (2, 1):
        clock.advance(days=days)
        claim_next(acme, ava, "w")
        purge()
        states.append(found(send_id).state)

    assert states == ["queued", "failed"]


def test_in_a_copy_that_nobody_confirmed_everything_stays_as_it_is(acme, ava, swept, clock):
    send_id = queue(acme, ava)
    claim_next(acme, ava, "w")
    with transaction() as session:
        session.execute(sa.delete(InstanceFact).where(InstanceFact.name.startswith(LIVE_AT)))
    clock.advance(minutes=5)

    assert swept() == []
    assert found(send_id).state == "claimed"


def test_in_a_copy_that_nobody_confirmed_no_message_is_given_up(clock, waiting):
    send_id = waiting("manual")
    with transaction() as session:
        session.execute(sa.delete(InstanceFact).where(InstanceFact.name.startswith(LIVE_AT)))

    clock.advance(days=4)
    purge()

    assert found(send_id).state == "queued"
