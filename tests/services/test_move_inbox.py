"""A person's moves are written down, reach one inbox only, and the next look respects them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent, EmailAccountHealth, HealthEvent
from nimbus.services.move_inbox import CannotMove, move_stage, say_fixed, switch_warmup, vouch
from nimbus.services.review_due import review_workspace
from tests.factories import make_email_account, reload
from tests.services.hearing import hear


def account(account_id):
    return reload(EmailAccountHealth, account_id)


def told(account_id):
    db.session.rollback()
    found = sa.select(HealthEvent).where(HealthEvent.account_id == account_id).order_by(HealthEvent.id)
    return [(event.kind, event.before, event.after, event.actor) for event in db.session.scalars(found)]


def test_a_demotion_stands_until_it_is_climbed_again(acme, asker, ava):
    hear(acme, ava, "sent", "placed_inbox", times=220, stream="warmup")
    review_workspace(acme)

    move_stage(asker, ava, up=False)
    review_workspace(acme)
    assert account(ava).current_stage == 2
    assert account(ava).stage_sentence == "Stage 3 needs 40 clean warmup sends since the demotion, has 0."

    hear(acme, ava, "sent", "placed_inbox", times=40, stream="warmup")
    review_workspace(acme)
    assert account(ava).current_stage == 3


def test_each_move_is_logged_with_who_made_it(acme, asker, ava):
    move_stage(asker, ava, up=True)
    switch_warmup(asker, ava, on=False)
    vouch(asker, ava)

    assert told(ava) == [
        ("stage", "3", "4", "Ada"),
        ("warmup", None, None, "Ada"),
        ("vouched", "0", "200", "Ada"),
    ]
    details = [event.details for event in db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id))]
    assert details[-3:] == [
        {"stage": "from 3 to 4"},
        {"warmup": "off"},
        {"warmup_sends": "from 0 to 200"},
    ]


def test_what_cannot_be_moved_says_so_and_changes_nothing(acme, asker):
    low = make_email_account(acme, "low@acme.test", current_stage=0)

    with pytest.raises(CannotMove, match="no stage below 0"):
        move_stage(asker, low, up=False)
    with pytest.raises(CannotMove, match="not held"):
        say_fixed(asker, low)
    vouch(asker, low)
    with pytest.raises(CannotMove, match="count for more already"):
        vouch(asker, low)

    assert [kind for kind, *_ in told(low)] == ["vouched"]


@pytest.mark.parametrize(("hours", "state"), [(23, "held"), (25, "probation")])
def test_an_owners_word_ends_a_hold_after_a_day_and_not_before(acme, asker, ava, clock, hours, state):
    hear(acme, ava, "sent", times=55, ago=timedelta(hours=2))
    hear(acme, ava, "sent", "permanent", times=3)
    review_workspace(acme)
    clock.advance(hours=hours)

    say_fixed(asker, ava)
    review_workspace(acme)

    assert account(ava).hold_state == state
