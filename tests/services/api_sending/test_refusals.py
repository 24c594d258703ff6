"""What each refusal of Google's and Microsoft's does to the message and to its inbox."""

from datetime import timedelta

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, InboxSender
from nimbus.rules.providers import Provider
from nimbus.services.send_messages import serve_inbox
from nimbus.services.sender_turn import bring_forward
from tests.factories import reload
from tests.providers.signing_in import sign_in
from tests.sending.reading import found
from tests.services.hearing import events as facts
from tests.services.signed_in import ANN, events, grant_of, keep_grant, state_of

GMAIL = Provider.GMAIL


def heard(account_id):
    """What is kept of the inbox's mail."""
    return [kind for kind, _ in facts(account_id)]


def test_a_withdrawn_permission_flags_the_account_and_keeps_the_message(ann, faults, serve, bob):
    faults.set("revoked")

    send = serve()

    assert (send.state, send.category, send.day) == ("queued", "sign_in_lost", None)
    assert heard(ann) == ["soft"]
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
    assert heard(ann) == ["throttle"]
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
    assert account.cooldown_until - now() > timedelta(hours=23)
    assert (account.cooldown_kind, account.sent_before_limit) == ("provider_daily_limit", 1)
    assert events(ann) == ["cooldown"]

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
