"""A send has one owner at a time, its place in the budget follows it, and its timeline tells how it ended."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxHour, Send, Suppression
from nimbus.rules.send_answers import Category
from nimbus.rules.send_state import LEASE
from nimbus.services.send_ledger import (
    begin_body,
    claim_next,
    mark_ambiguous,
    mark_failed,
    mark_sent,
    put_back,
    reap,
    renew,
)
from tests.factories import make_domain, make_email_account, reload
from tests.services.sends import counts, differences, in_data, queue, send_next, states


def change(account_id, **values):
    with transaction() as session:
        session.execute(
            sa.update(EmailAccountHealth).where(EmailAccountHealth.id == account_id).values(values)
        )


def suppress(workspace_id, email):
    with transaction() as session:
        session.add(Suppression(workspace_id=workspace_id, email=email, reason="opt_out", created_at=now()))


def due_again(send_id):
    with transaction() as session:
        session.execute(sa.update(Send).where(Send.id == send_id).values(due_at=now() - timedelta(seconds=1)))


def used_this_hour(account_id):
    db.session.rollback()
    return sum(db.session.scalars(sa.select(InboxHour.used).where(InboxHour.account_id == account_id)))


def steps(send_id):
    return [line[1] for line in reload(Send, send_id).timeline]


def test_the_oldest_due_message_is_claimed_and_none_before_its_time(acme, ava):
    queue(acme, ava, due_at=now() + timedelta(minutes=5))
    older = queue(acme, ava, due_at=now() - timedelta(minutes=5))
    queue(acme, ava)

    assert [claim_next(acme, ava, "w").id] == older
    assert claim_next(acme, ava, "w") is not None
    assert claim_next(acme, ava, "w") is None


def test_a_claim_is_of_one_inbox_and_one_workspace(acme, ava):
    other = make_email_account(acme, "bea@acme.test")
    queue(acme, ava)

    assert claim_next(acme, other, "w") is None
    assert claim_next(acme + 1, ava, "w") is None


def test_a_sent_message_has_its_whole_story_and_its_place_in_the_day(acme, ava):
    [send_id] = queue(acme, ava)

    claimed = claim_next(acme, ava, "w")
    assert counts(ava) == {claimed.day: (0, 1)}
    assert begin_body(claimed, b"as it left")
    assert mark_sent(claimed, "250 2.0.0 queued as 4Y", copy_state="wanted")

    send = reload(Send, send_id)
    assert [line[1] for line in send.timeline] == ["claimed", "in_data", "sent"]
    assert send.timeline[-1][3] == send.server_line == "250 2.0.0 queued as 4Y"
    assert (send.message, send.copy_state, send.owner) == (b"as it left", "wanted", None)
    assert counts(ava) == {claimed.day: (1, 0)}
    assert differences() == []


def test_message_id_and_date_are_those_of_the_first_claim_for_ever(acme, ava, clock):
    queue(acme, ava)
    first = in_data(acme, ava)
    put_back(first, due_at=now(), category=Category.SOFT_TEMP, sentence="Later.", line="451 later")

    clock.advance(hours=3)
    second = claim_next(acme, ava, "w")

    assert (second.message_id, second.dated_at) == (first.message_id, first.dated_at)
    assert second.message_id.endswith("@acme.test>")
    assert begin_body(second, b"composed anew")
    assert reload(Send, second.id).message == second.message == b"message"


def test_putting_back_gives_back_day_and_hour_and_counts_what_the_server_refused(acme, ava):
    [send_id] = queue(acme, ava)
    later = now() + timedelta(minutes=15)

    assert put_back(claim_next(acme, ava, "w"), due_at=now(), category=None, sentence="The worker stops.")
    assert reload(Send, send_id).attempts == 0
    refused = claim_next(acme, ava, "w")
    assert put_back(refused, due_at=later, category=Category.SOFT_TEMP, sentence="Later.", line="451 no")

    send = reload(Send, send_id)
    assert (send.state, send.attempts, send.due_at, send.reason) == ("queued", 1, later, "Later.")
    assert counts(ava) == {refused.day: (0, 0)}
    assert used_this_hour(ava) == 0
    assert steps(send_id) == ["claimed", "queued", "claimed", "queued"]


def test_an_address_that_does_not_exist_is_suppressed_with_the_failure(acme, ava):
    [first] = queue(acme, ava, recipient="Gone@Beta.test")
    assert mark_failed(
        claim_next(acme, ava, "w"), Category.HARD_INVALID, "There is no such address.", "550 5.1.1 no"
    )

    [second] = queue(acme, ava, recipient="gone@beta.test")

    assert claim_next(acme, ava, "w") is None
    assert (reload(Send, first).state, reload(Send, first).category) == ("failed", "hard_invalid")
    assert (reload(Send, second).state, reload(Send, second).category) == ("failed", "suppressed")
    [row] = db.session.scalars(sa.select(Suppression))
    assert (row.email, row.reason, row.send_id) == ("gone@beta.test", "hard_bounce", first)
    assert differences() == []


def test_another_failure_suppresses_nobody(acme, ava):
    queue(acme, ava)

    assert mark_failed(in_data(acme, ava), Category.BLOCK_CONTENT, "Refused.", "550 5.7.1 spam")

    assert db.session.scalars(sa.select(Suppression)).all() == []
    assert counts(ava).popitem()[1] == (0, 0)


def test_a_suppression_meanwhile_stops_the_body(acme, ava):
    queue(acme, ava, recipient="Ann@Beta.test")
    claimed = claim_next(acme, ava, "w")

    suppress(acme, "ann@beta.test")

    assert not begin_body(claimed, b"message")
    assert reload(Send, claimed.id).state == "claimed"


def test_doubt_counts_as_sent_and_is_looked_into_a_minute_later(acme, ava):
    queue(acme, ava)
    claimed = in_data(acme, ava)

    assert mark_ambiguous(claimed, "The server did not answer.", "")

    send = reload(Send, claimed.id)
    assert send.state == "ambiguous"
    assert timedelta(seconds=50) < send.next_look_at - now() <= timedelta(minutes=1)
    assert counts(ava) == {claimed.day: (1, 0)}
    assert claim_next(acme, ava, "w") is None


def test_nothing_is_sent_that_has_not_passed_the_fence(acme, ava):
    queue(acme, ava)
    claimed = claim_next(acme, ava, "w")

    assert not mark_sent(claimed, "250 ok")
    assert not mark_ambiguous(claimed, "Doubt.", "")
    assert reload(Send, claimed.id).state == "claimed"


@pytest.mark.parametrize("act", ["begin", "put_back", "fail", "renew"])
def test_without_its_lease_a_worker_can_do_nothing_before_the_body(acme, ava, clock, act):
    queue(acme, ava)
    claimed = claim_next(acme, ava, "w")
    clock.advance(seconds=LEASE.total_seconds() + 1)

    done = {
        "begin": lambda: begin_body(claimed, b"message"),
        "put_back": lambda: put_back(claimed, due_at=now(), category=None, sentence="Stop."),
        "fail": lambda: mark_failed(claimed, Category.BAD_ADDRESS, "No.", ""),
        "renew": lambda: renew(claimed),
    }[act]()

    assert not done
    assert reload(Send, claimed.id).state == "claimed"


def test_signs_of_life_keep_a_claim(acme, ava, clock):
    queue(acme, ava)
    claimed = claim_next(acme, ava, "w")

    for _ in range(5):
        clock.advance(seconds=LEASE.total_seconds() - 5)
        assert renew(claimed)

    assert reap() == 0
    assert begin_body(claimed, b"message")


def test_another_worker_that_took_over_makes_every_word_of_the_first_void(acme, ava, clock):
    queue(acme, ava)
    zombie = claim_next(acme, ava, "first")
    clock.advance(minutes=2)
    assert reap() == 1
    second = in_data(acme, ava, "second")

    assert not renew(zombie)
    assert not begin_body(zombie, b"message")
    assert not mark_sent(zombie, "250 ok")
    assert not mark_failed(zombie, Category.BAD_ADDRESS, "No.", "")
    assert not put_back(zombie, due_at=now(), category=None, sentence="Stop.")
    assert mark_sent(second, "250 ok")
    assert differences() == []


def test_who_was_taken_out_of_rotation_waits_and_a_person_writes_on(acme, ava):
    change(ava, is_active=False)
    campaign = queue(acme, ava, 3)
    manual = queue(acme, ava, kind="manual")

    assert [claim_next(acme, ava, "w").id] == manual
    assert claim_next(acme, ava, "w") is None

    waiting = [reload(Send, each) for each in campaign]
    assert {send.reason for send in waiting} == {"ava@acme.test was taken out of rotation by a user."}
    assert all(send.state == "queued" and send.due_at > now() for send in waiting)
    assert all(send.timeline == [] and send.attempts == 0 for send in waiting)


def test_what_stops_everybody_puts_all_off_at_once(acme, ava):
    until = now() + timedelta(hours=2)
    change(ava, cooldown_until=until)
    sends = queue(acme, ava, 2) + queue(acme, ava, kind="manual")

    assert claim_next(acme, ava, "w") is None

    assert {reload(Send, each).due_at for each in sends} == {until}


def test_a_paused_domain_holds_campaigns_with_its_reason(acme, ava):
    make_domain(acme, pause_reason="DMARC fails", paused_at=now())
    [send_id] = queue(acme, ava)

    assert claim_next(acme, ava, "w") is None
    assert "acme.test is paused: DMARC fails" in reload(Send, send_id).reason


def test_what_waits_in_a_removed_account_ends_with_a_sentence(acme, ava):
    change(ava, removed_at=now())
    sends = queue(acme, ava, 2)

    assert claim_next(acme, ava, "w") is None

    assert {reload(Send, each).state for each in sends} == {"failed"}
    assert "was removed" in reload(Send, sends[0]).timeline[-1][2]
    assert counts(ava) == {}


def test_the_providers_ceiling_holds_a_person_too_and_says_until_when(acme, clock):
    inbox = make_email_account(acme, "ava@outlook.com", daily_send_limit=1000)
    hour = now().replace(minute=0, second=0, microsecond=0)
    with transaction() as session:
        session.add(InboxHour(workspace_id=acme, account_id=inbox, hour=hour - timedelta(hours=23), used=269))
    sends = queue(acme, inbox, 2, kind="manual")

    assert send_next(acme, inbox)
    assert not send_next(acme, inbox)

    waiting = reload(Send, sends[1])
    assert waiting.due_at == hour + timedelta(hours=2)
    clock.offset += waiting.due_at - now()
    assert send_next(acme, inbox)
    assert states(inbox) == {"sent": 2}
