"""What becomes known of a mail is written with its verdict, and counted once, in the hour in which the mail was sent."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import InboxEvent, InboxHealthState, InboxMailHour
from nimbus.rules.send_answers import Category
from nimbus.services.count_events import count_events
from nimbus.services.send_ledger import claim_next, mark_failed, mark_sent, put_back, reap
from tests.factories import reload
from tests.services.hearing import days, events, hear, outcomes, totals
from tests.services.sends import in_data, queue, send_next


def refuse(workspace_id, account_id, category):
    queue(workspace_id, account_id)
    mark_failed(claim_next(workspace_id, account_id, "w"), category, "No.", "550 no")


@pytest.mark.parametrize(
    ("category", "heard", "counted"),
    [
        (Category.HARD_INVALID, ["sent", "permanent"], (1, 1, 0)),
        (Category.BLOCK_REPUTATION, ["sent", "permanent", "block"], (1, 1, 0)),
        (Category.EXPIRED, ["soft"], (None, None, None)),
        (Category.SIZE_OR_FORMAT, [], (None, None, None)),
    ],
)
def test_a_refusal_counts_against_an_inbox_unless_it_is_soft_or_our_own(acme, ava, category, heard, counted):
    refuse(acme, ava, category)

    assert count_events(acme) == len(heard)
    assert [kind for kind, _ in events(ava)] == heard
    assert totals(ava) == days(ava) == counted


def test_each_try_that_must_wait_is_an_attempt_of_its_own(acme, ava):
    queue(acme, ava)
    for _ in range(2):
        again = {"due_at": now() - timedelta(seconds=1), "sentence": "Later."}
        put_back(claim_next(acme, ava, "w"), category=Category.THROTTLE, line="421 4.7.0 slow", **again)
    put_back(claim_next(acme, ava, "w"), category=Category.CONNECTION, is_ours=True, **again)
    count_events(acme)

    assert events(ava) == [("throttle", "1"), ("throttle", "2")]
    assert outcomes(ava) == ["soft", "soft"]
    assert reload(InboxHealthState, ava).last_mail_at is None


def test_a_late_word_counts_in_the_hour_in_which_the_mail_was_sent(acme, ava, clock):
    queue(acme, ava)
    claimed = in_data(acme, ava)
    clock.advance(minutes=2)
    reap()  # its worker was only slow
    count_events(acme)
    clock.advance(hours=5)

    mark_failed(claimed, Category.HARD_INVALID, "No.", "550 5.1.1 no")
    count_events(acme)

    assert totals(ava) == (1, 1, 0)
    assert len(db.session.scalars(sa.select(InboxMailHour)).all()) == 1
    assert outcomes(ava) == ["permanent"]


def test_what_a_lost_worker_may_have_sent_counts_as_sent(acme, ava, clock):
    queue(acme, ava, kind="warmup")
    claimed = in_data(acme, ava)
    clock.advance(minutes=2)
    reap()
    mark_sent(claimed, "250 ok")
    count_events(acme)

    assert totals(ava) == (1, 0, 0)
    assert reload(InboxHealthState, ava).warmup_sends == 1


def test_a_test_message_counts_in_no_rate(acme, ava):
    queue(acme, ava, kind="test")
    send_next(acme, ava)
    count_events(acme)

    assert totals(ava) == (None, None, None)
    assert reload(InboxHealthState, ava).last_mail_at is not None


def test_an_event_is_counted_once_whoever_counts(acme, ava, at_once):
    hear(acme, ava, "sent", times=30)
    hear(acme, ava, "sent", "complaint", times=3, ago=timedelta(0))

    counted = at_once(lambda _number: count_events(acme), 4)

    assert sum(counted) == 36
    assert totals(ava) == days(ava) == (33, 0, 3)
    assert outcomes(ava) == ["clean"] * 30 + ["complaint"] * 3


def test_an_event_of_the_same_cause_is_written_once(acme, ava):
    refuse(acme, ava, Category.HARD_INVALID)
    db.session.rollback()
    ids = db.session.scalars(sa.select(InboxEvent.cause).distinct()).all()

    assert len(ids) == 1
    assert [kind for kind, _ in events(ava)] == ["sent", "permanent"]
