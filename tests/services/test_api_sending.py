"""Sending through Google's and Microsoft's API: what leaves, what is kept of it, and what each refusal does."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from jobs import sends
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxSender
from nimbus.providers.contract import Hosts
from nimbus.rules.providers import Provider
from nimbus.sandbox.world import System
from nimbus.services.queue_send import send_test
from nimbus.services.send_messages import serve_inbox
from nimbus.services.sender_turn import bring_forward
from tests.factories import reload
from tests.providers.signing_in import sign_in
from tests.sending.reading import found
from tests.servers.processes import wait_until
from tests.services.posting import queue as queue_one
from tests.services.signed_in import ANN, BOB, events, grant_of, keep_grant, make_signed_in, state_of

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def provider(database_url):
    """Google with one database, Microsoft with the other: neither knows of its companion."""
    return MICROSOFT if database_url else GMAIL


@pytest.fixture
def ann(sandbox, acme, provider):
    return make_signed_in(sandbox, acme, provider)


@pytest.fixture
def faults(sandbox, ann):
    return sandbox.world.mailboxes[ANN].faults


@pytest.fixture
def bob(sandbox):
    return sandbox.world.add(BOB, name="Bob", system=System.MAIL)


@pytest.fixture
def queue(acme, ann, bob):
    return lambda **values: queue_one(acme, ann, recipient=BOB, **values)


@pytest.fixture
def serve(acme, ann, queue):
    """Queue a message and serve the inbox; the message as it is then."""

    def run():
        send_id = queue()
        serve_inbox(acme, ann)
        return found(send_id)

    return run


@pytest.mark.claim("C62", partly=True)
def test_a_message_leaves_through_the_providers_api_with_our_marks(serve, bob):
    send = serve()

    [arrived] = bob.messages
    assert (send.state, send.category) == ("sent", None)
    assert arrived.message_id == send.message_id
    assert arrived.headers["X-NimbusOS-Send"] == str(send.id)
    assert [line[1] for line in send.timeline] == ["queued", "claimed", "in_data", "sent"]


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


@pytest.mark.claim("C08")
def test_a_withdrawn_permission_flags_the_account_and_keeps_the_message(ann, faults, serve, bob):
    faults.set("revoked")

    send = serve()

    assert (send.state, send.category, send.day) == ("queued", "sign_in_lost", None)
    assert "waits until the inbox is reconnected" in send.reason
    assert (state_of(ann), events(ann)) == ("auth_revoked", ["sign_in_lost"])
    assert (grant_of(ann).failure_code, bob.messages) == ("revoked", [])


def test_what_waits_at_a_lost_inbox_says_so_and_leaves_once_it_is_signed_in_again(
    sandbox, acme, ann, provider, faults, serve, queue, clock
):
    faults.set("revoked")
    first, second = serve(), queue()
    serve_inbox(acme, ann)
    assert found(second).reason == "ann@alpha.test must be reconnected. The sign-in was revoked."

    keep_grant(sandbox, acme, ann, provider, sign_in(sandbox, provider, ANN))
    with transaction() as session:
        session.get_one(EmailAccountHealth, ann).connection_state = "ok"
        bring_forward(session, acme, ann)
    for _ in range(2):
        serve_inbox(acme, ann)
        clock.advance(seconds=4)

    assert [found(each).state for each in (first.id, second)] == ["sent", "sent"]


def test_a_lost_permission_says_what_is_missing(ann, faults, serve, provider):
    reason = "insufficientPermissions" if provider is GMAIL else "ErrorAccessDenied"
    faults.set("forbidden", reason=reason)

    assert (serve().state, state_of(ann), grant_of(ann).failure_code) == (
        "queued",
        "auth_revoked",
        "scope_missing",
    )


def test_an_app_that_is_not_accepted_marks_no_inbox(sandbox, ann, faults, serve, bob):
    faults.set("expired")
    for app in sandbox.world.apps.values():
        app.client_secret = "another"

    send = serve()

    assert (send.state, send.category, state_of(ann), events(ann)) == ("queued", "app_wrong", "ok", [])
    assert "under Integrations" in send.reason
    assert bob.messages == []


def test_a_request_for_a_slower_pace_holds_the_inbox_and_says_nothing_about_its_health(
    ann, faults, serve, bob
):
    faults.set("throttled", retry_after=120)

    send = serve()

    until = timedelta(seconds=110), timedelta(seconds=121)
    slot = reload(InboxSender, ann).next_slot_at
    assert (send.state, send.category, events(ann)) == ("queued", "throttle", [])
    assert until[0] < slot - now() < until[1]
    assert abs(send.due_at - slot) < timedelta(seconds=1)
    assert reload(EmailAccountHealth, ann).cooldown_until is None


def test_without_a_named_moment_each_pause_is_longer(acme, ann, faults, serve, clock):
    faults.set("throttled", retry_after=None)
    send, pauses = serve(), []
    for _ in range(3):
        pauses.append(found(send.id).due_at - now())
        clock.advance(seconds=pauses[-1].total_seconds() + 1)
        serve_inbox(acme, ann)

    assert pauses == sorted(pauses)
    assert pauses[0] < timedelta(minutes=1.1) < timedelta(minutes=3) < pauses[2]


def test_a_full_day_is_over_until_the_provider_says_and_then_the_message_leaves(
    acme, ann, faults, serve, clock
):
    faults.set("daily_cap", hours=8)
    send = serve()
    account = reload(EmailAccountHealth, ann)
    assert (send.state, send.category, account.connection_state) == ("queued", "provider_limit", "ok")
    assert account.cooldown_until - now() > timedelta(hours=7)
    assert events(ann) == ["provider_limit"]

    faults.clear()
    clock.advance(hours=25)
    serve_inbox(acme, ann)

    assert found(send.id).state == "sent"


def test_a_blocked_sender_waits_for_a_person(ann, faults, serve, provider):
    if provider is GMAIL:
        faults.set("forbidden", reason="domainPolicy")
    else:
        faults.set("forbidden", reason="ErrorMessageSubmissionBlocked")

    assert (serve().state, state_of(ann)) == ("queued", "suspended")


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


def test_a_test_message_to_oneself_comes_back(sandbox, acme, asker, ann):
    send_id = send_test(asker, ann, key="k" * 32)

    serve_inbox(acme, ann)

    assert found(send_id).state == "sent"
    inbox = [each for each in sandbox.world.mailboxes[ANN].messages if "INBOX" in each.labels]
    assert [each.headers["Subject"] for each in inbox] == ["A test message from NimbusOS"]
