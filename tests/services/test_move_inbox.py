"""A person's moves are written down, reach one inbox only, and the next look respects them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, DomainHealth, EmailAccountHealth, HealthEvent, InboxHealthState
from nimbus.services.cool_down import cool_until
from nimbus.services.move_inbox import CannotMove, move_stage, say_fixed, switch_warmup, vouch
from nimbus.services.review_due import review_workspace
from nimbus.services.update_account import switch_rotation
from tests.factories import make_email_account, reload
from tests.services.hearing import hear

FLEET = 1000


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


def test_one_inboxs_moves_change_no_other_of_a_thousand(acme, asker, ava):
    domain_id = account(ava).domain_id
    row = {"workspace_id": acme, "display_name": "", "provider": "gmail", "domain_id": domain_id}
    row |= {"daily_send_limit": 40, "created_at": now(), "current_stage": 3}
    with transaction() as session:
        session.execute(
            sa.insert(EmailAccountHealth), [row | {"email": f"{n}@acme.test"} for n in range(FLEET - 1)]
        )
    before = everything(ava)

    move_stage(asker, ava, up=True)
    switch_warmup(asker, ava, on=False)
    cool_until(asker, ava, now() + timedelta(hours=3))
    switch_rotation(asker, ava, is_active=False)

    assert everything(ava) == before
    assert len(before) == FLEET - 1


def everything(but):
    """All other inboxes as their rows are, with their domain's."""
    db.session.rollback()
    others = sa.select(*EmailAccountHealth.__table__.c, DomainHealth.pause_reason).join(
        DomainHealth, DomainHealth.id == EmailAccountHealth.domain_id
    )
    rows = db.session.execute(others.where(EmailAccountHealth.id != but).order_by(EmailAccountHealth.id))
    assert db.session.scalar(sa.select(sa.func.count()).where(InboxHealthState.account_id != but)) == 0
    return [tuple(row) for row in rows]
