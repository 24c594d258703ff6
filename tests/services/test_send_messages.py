"""Sending what is due at an inbox: over one connection, one after another, each outcome written before the next."""

from datetime import timedelta
from threading import Event

import pytest
import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import InboxDay, InboxSender, InstanceFact, Send
from nimbus.models.instance import LIVE_AT
from nimbus.rules.send_mark import send_mark
from nimbus.services import sender_turn
from nimbus.services.send_messages import serve_inbox
from nimbus.services.sender_turn import take_turn
from nimbus.services.update_account import remove_account
from tests.factories import reload
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp
from tests.servers.processes import wait_until
from tests.services.outages import outage
from tests.services.posting import make_inbox, queue, states
from tests.services.sends import counts


@pytest.fixture
def smtp():
    with ScriptedSmtp({}) as server:
        yield server


@pytest.fixture
def inbox(acme, smtp):
    return make_inbox(acme, smtp.port)


def messages(smtp):
    """What the server was handed over, whole."""
    return [said for said in smtp.received if b"X-NimbusOS-Send" in said]


def test_due_messages_leave_over_one_connection_and_say_what_the_server_said(acme, inbox, smtp):
    ids = [queue(acme, inbox, subject=f"Number {number}") for number in range(3)]

    serve_inbox(acme, inbox)

    assert states(*ids) == ["sent"] * 3
    assert sum(said.upper().startswith(b"AUTH") for said in smtp.received) == 1
    assert len(messages(smtp)) == 3
    send = found(ids[0])
    assert send.server_line == "250 2.0.0 Ok: queued as 1"
    assert [line[1] for line in send.timeline] == ["queued", "claimed", "in_data", "sent"]


def test_a_message_is_stored_as_it_left_with_its_marks(acme, inbox, smtp):
    send_id = queue(acme, inbox, subject="Grüße", body="Hello Bo,\n.a dot\n")

    serve_inbox(acme, inbox)

    send = found(send_id)
    [message] = messages(smtp)
    assert send.message == message.replace(b"\r\n..", b"\r\n.")
    assert f"Message-ID: {send.message_id}\r\n".encode() in message
    assert f"X-NimbusOS-Send: {send_mark(send_id, send.message_id)}\r\n".encode() in message
    assert b"From: Ava Able <ava@acme.test>\r\nMIME-Version: 1.0" in message


def test_what_left_counts_in_the_day_and_what_was_refused_does_not(acme, inbox, smtp):
    queue(acme, inbox)
    serve_inbox(acme, inbox)
    smtp.replies["RCPT"] = b"451 4.2.0 Later"
    queue(acme, inbox)

    serve_inbox(acme, inbox)

    used = db.session.execute(sa.select(InboxDay.sent, InboxDay.reserved)).one()
    assert tuple(used) == (1, 0)


def test_a_message_that_is_tried_again_keeps_its_identity(acme, inbox, smtp, clock):
    smtp.replies["MESSAGE"] = b"451 4.3.0 Not now"
    send_id = queue(acme, inbox)
    serve_inbox(acme, inbox)
    first = found(send_id)
    clock.advance(hours=1)
    smtp.replies.pop("MESSAGE")

    serve_inbox(acme, inbox)

    again = found(send_id)
    assert (first.state, again.state, again.attempts) == ("queued", "sent", 2)
    assert (again.message_id, again.dated_at, again.message) == (
        first.message_id,
        first.dated_at,
        first.message,
    )
    assert len(set(messages(smtp))) == 1


def test_a_worker_leaves_an_inbox_alone_that_another_one_serves(acme, inbox, smtp, clock):
    send_id = queue(acme, inbox)
    take_turn(acme, inbox)

    serve_inbox(acme, inbox)
    assert (states(send_id), smtp.received) == (["queued"], [])

    clock.advance(seconds=61)
    serve_inbox(acme, inbox)
    assert states(send_id) == ["sent"]


def test_of_many_workers_at_once_one_sends_and_each_message_leaves_once(acme, inbox, smtp, at_once):
    ids = [queue(acme, inbox) for _ in range(5)]

    assert at_once(lambda _: serve_inbox(acme, inbox), 6) == [None] * 6

    assert states(*ids) == ["sent"] * 5
    assert len(messages(smtp)) == 5


def test_nothing_leaves_after_the_process_was_asked_to_stop(app, acme, inbox, smtp):
    ids = [queue(acme, inbox) for _ in range(2)]
    queues.ask_to_stop(app)

    serve_inbox(acme, inbox)

    assert states(*ids) == ["queued", "queued"]
    assert smtp.received == []


def test_what_was_claimed_when_the_process_is_asked_to_stop_goes_back_at_once(app, acme, inbox, smtp):
    def stop_before_the_body(connection):
        queues.ask_to_stop(app)
        connection.send(b"354 Go ahead\r\n")
        connection.line()

    smtp.replies["DATA"] = stop_before_the_body
    send_id = queue(acme, inbox)

    serve_inbox(acme, inbox)

    send = found(send_id)
    assert (send.state, send.attempts, send.owner, send.day) == ("queued", 0, None, None)
    assert send.reason == "The worker that had this message stopped before it left. It waits for another one."
    assert messages(smtp) == []


def test_a_message_that_the_database_was_away_for_leaves_once_that_is_back(acme, inbox, smtp):
    engine, over = db.engine, Event()

    def cut_the_database(connection):
        with outage(engine):
            connection.send(b"354 Go ahead\r\n")
            over.wait(2.5)  # longer than a claim is patient

    smtp.replies["DATA"] = cut_the_database
    send_id = queue(acme, inbox)
    serve_inbox(acme, inbox)
    put_off = found(send_id)
    smtp.replies.pop("DATA")

    serve_inbox(acme, inbox)

    assert (put_off.state, put_off.attempts, put_off.owner) == ("queued", 0, None)
    assert put_off.reason.startswith("The database could not be used when this message was about to leave.")
    assert (found(send_id).state, len(messages(smtp))) == ("sent", 1)
    assert counts(inbox).popitem()[1] == (1, 0)


def test_a_verdict_is_written_although_the_database_is_away_when_it_comes(acme, inbox, smtp):
    engine, over = db.engine, Event()

    def accept_and_cut(connection):
        with outage(engine):
            connection.send(b"250 2.0.0 Ok\r\n")
            over.wait(1)

    smtp.replies["MESSAGE"] = accept_and_cut
    send_id = queue(acme, inbox)

    serve_inbox(acme, inbox)

    assert found(send_id).state == "sent"


def test_a_database_that_is_away_is_no_failure_of_the_job(acme, inbox, smtp, caplog):
    send_id = queue(acme, inbox)

    with outage(db.engine):
        serve_inbox(acme, inbox)

    assert "Sending waits for the database" in caplog.text
    assert (states(send_id), smtp.received) == (["queued"], [])


def test_no_database_connection_is_held_while_the_network_waits(acme, inbox, smtp):
    held, engine = [], db.engine

    def look(connection):
        held.append(engine.pool.checkedout())
        connection.send(b"250 2.1.5 Ok\r\n")

    smtp.replies.update(RCPT=look)
    queue(acme, inbox)
    db.session.remove()

    serve_inbox(acme, inbox)

    assert held == [0]


def test_a_message_stays_its_workers_however_long_the_server_takes(acme, inbox, smtp, clock, monkeypatch):
    monkeypatch.setattr(sender_turn, "BEAT", timedelta(milliseconds=20))
    engine = db.engine

    def take_two_minutes(connection):
        for _ in range(4):
            clock.advance(seconds=30)
            renewed = sa.select(Send.lease_until).where(
                Send.lease_until > clock.now() + timedelta(seconds=50)
            )
            wait_until(lambda sql=renewed: _one(engine, sql), within=10, what="a new lease")
        connection.send(b"250 2.0.0 Ok at last\r\n")

    smtp.replies["MESSAGE"] = take_two_minutes
    send_id = queue(acme, inbox)

    serve_inbox(acme, inbox)

    assert found(send_id).server_line == "250 2.0.0 Ok at last"


def _one(engine, statement):
    with engine.connect() as connection:
        return connection.execute(statement).first()


def test_at_a_paced_inbox_the_worker_is_given_back_between_two_messages(acme, smtp, clock):
    inbox = make_inbox(acme, smtp.port, "ava@outlook.com")
    ids = [queue(acme, inbox) for _ in range(2)]

    serve_inbox(acme, inbox)
    serve_inbox(acme, inbox)
    assert states(*ids) == ["sent", "queued"]
    slot = reload(InboxSender, inbox).next_slot_at
    assert timedelta(seconds=2) < slot - now() <= timedelta(seconds=3)

    clock.advance(seconds=3)
    serve_inbox(acme, inbox)
    assert states(*ids) == ["sent", "sent"]


def test_at_a_pace_of_a_second_the_next_message_is_waited_for(acme, smtp):
    inbox = make_inbox(acme, smtp.port, "ava@gmail.com")
    ids = [queue(acme, inbox) for _ in range(2)]
    started = now()

    serve_inbox(acme, inbox)

    assert states(*ids) == ["sent", "sent"]
    assert now() - started >= timedelta(seconds=1)


def test_nothing_leaves_a_copy_that_nobody_confirmed(acme, inbox, smtp):
    send_id = queue(acme, inbox)
    before = found(send_id)
    with transaction() as session:
        session.execute(sa.delete(InstanceFact).where(InstanceFact.name.startswith(LIVE_AT)))

    serve_inbox(acme, inbox)

    after = found(send_id)
    assert (after.state, after.timeline, smtp.received) == ("queued", before.timeline, [])


def test_a_message_whose_inbox_is_removed_while_it_waits_ends_with_a_sentence(acme, asker, inbox, smtp):
    waiting = queue(acme, inbox, due_at=now() + timedelta(hours=5))

    remove_account(asker, inbox)
    serve_inbox(acme, inbox)

    send = found(waiting)
    assert (send.state, send.category) == ("failed", "account_removed")
    assert send.reason.startswith("The inbox was removed before this message could leave.")
    assert smtp.received == []


def test_another_workspaces_number_serves_nothing(acme, inbox, smtp):
    send_id = queue(acme, inbox)

    serve_inbox(acme + 1, inbox)
    serve_inbox(acme, inbox + 1)

    assert (states(send_id), smtp.received) == (["queued"], [])
