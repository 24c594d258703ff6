"""Sending through Google's and Microsoft's API: what leaves, what is kept of it, and what stays in doubt."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from jobs import sends
from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import InboxSender
from nimbus.providers.contract import Hosts
from nimbus.rules.providers import Provider
from nimbus.rules.send_mark import send_mark
from nimbus.services.send_messages import serve_inbox
from tests.factories import reload
from tests.sending.reading import found
from tests.servers.processes import wait_until
from tests.services.hearing import events
from tests.services.signed_in import ANN, grant_of

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT


@pytest.mark.claim("C62", partly=True)
def test_a_message_leaves_through_the_providers_api_with_our_marks(serve, ann, bob):
    send = serve()

    [arrived] = bob.messages
    assert (send.state, send.category) == ("sent", None)
    assert arrived.message_id == send.message_id
    assert arrived.headers["X-NimbusOS-Send"] == send_mark(send.id, send.message_id)
    assert [line[1] for line in send.timeline] == ["queued", "claimed", "in_data", "sent"]
    assert events(ann) == [("sent", None)]


@pytest.mark.parametrize("provider", [GMAIL])
def test_googles_ids_are_kept_with_the_message(sandbox, serve):
    send = serve()

    [copy] = sandbox.world.mailboxes[ANN].messages
    assert (send.provider_id, send.thread_id) == (copy.id, copy.thread_id)


def test_the_message_id_that_a_provider_gave_instead_is_read_back_later(sandbox, acme, ann, faults, serve):
    faults.set("rewritten_message_id")
    send = serve()
    assert (send.copy_state, send.sent_message_id) == ("unread", None)

    sends.keep_copies(acme, ann)

    copy = sandbox.world.mailboxes[ANN].messages[0]
    send = found(send.id)
    assert (send.copy_state, send.sent_message_id) == ("kept", copy.message_id)
    assert send.provider_id
    assert send.sent_message_id != send.message_id


def test_a_message_id_that_was_kept_is_not_stored_twice(acme, ann, serve):
    send = serve()

    sends.keep_copies(acme, ann)

    assert (found(send.id).copy_state, found(send.id).sent_message_id) == ("kept", None)


@pytest.mark.parametrize("provider", [MICROSOFT])
def test_a_copy_that_comes_late_is_looked_for_again(acme, ann, faults, serve, clock):
    faults.set("late_copy", seconds=30)
    send = serve()
    sends.keep_copies(acme, ann)
    assert found(send.id).copy_state == "unread"
    clock.advance(minutes=6)

    sends.keep_copies(acme, ann)

    assert found(send.id).copy_state == "kept"


def test_a_token_that_ends_meanwhile_is_renewed_and_the_message_leaves_once(ann, faults, serve, bob):
    faults.set("expired")

    assert serve().state == "sent"
    assert (len(bob.messages), grant_of(ann).version) == (1, 2)


def test_an_answer_that_got_lost_leaves_a_doubt_that_the_sent_folder_ends(
    acme, ann, faults, serve, clock, bob
):
    faults.set("cut_after_acceptance")
    send = serve()
    assert send.state == "ambiguous"
    faults.clear()
    clock.advance(minutes=2)

    sends.look(acme, send.id)

    send = found(send.id)
    assert (send.state, send.resolved_by, send.copy_state) == ("sent", "found in the Sent folder", "kept")
    assert send.provider_id
    assert len(bob.messages) == 1


def test_a_doubt_is_not_ended_by_a_provider_that_cannot_be_asked(acme, faults, serve, clock):
    faults.set("cut_after_acceptance")
    send = serve()
    faults.clear()
    faults.set("server_error")
    clock.advance(minutes=2)

    sends.look(acme, send.id)

    assert (found(send.id).state, found(send.id).looks) == ("ambiguous", 1)


def test_a_fault_of_the_providers_own_is_a_doubt_and_never_sent_again(acme, ann, faults, serve, clock, bob):
    faults.set("server_error", status=503, at="send")
    send = serve()
    faults.clear()
    clock.advance(hours=1)
    serve_inbox(acme, ann)

    assert (found(send.id).state, found(send.id).attempts, len(bob.messages)) == ("ambiguous", 1, 0)


def test_no_connection_to_the_database_is_held_while_a_provider_takes_a_message(world, ann, serve, bob):
    held, pool = [], db.engine.pool
    world.listeners.append(lambda *_: held.append(pool.checkedout()))

    assert serve().state == "sent"
    assert set(held) == {0}


@pytest.fixture
def hurry(monkeypatch):
    """Nobody waits a quarter of a minute for a call, or a whole one for a message."""
    for name in ("call_seconds", "send_seconds"):
        monkeypatch.setitem(Hosts.__init__.__kwdefaults__, name, 0.5)


@pytest.mark.parametrize(("at", "state"), [("token", "queued"), ("send", "ambiguous")])
def test_a_provider_that_hangs_costs_its_time_and_holds_no_connection(
    app, acme, ann, faults, queue, hurry, at, state
):
    send_id, pool = queue(), db.engine.pool
    faults.set("expired")
    faults.set("hang", 1, at=at)
    db.session.remove()

    def serve():
        with app.app_context():
            began = time.monotonic()
            serve_inbox(acme, ann)
            return time.monotonic() - began

    with ThreadPoolExecutor(1) as pool_of_one:
        serving = pool_of_one.submit(serve)
        wait_until(lambda: faults.get("hang") is None, within=10, what="the provider to hang")
        held = pool.checkedout()
        took = serving.result(timeout=20)

    assert (held, found(send_id).state) == (0, state)
    assert took < 10


def test_messages_leave_one_after_another_at_the_providers_pace(acme, ann, queue, clock, provider):
    ids = [queue() for _ in range(2)]
    serve_inbox(acme, ann)

    slot = reload(InboxSender, ann).next_slot_at
    gap = timedelta(seconds=3 if provider is MICROSOFT else 1)
    assert slot - now() < gap
    assert found(ids[0]).state == "sent"
