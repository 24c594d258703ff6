"""Whatever an inbox has been through, a second look at it writes nothing, and whoever looks changes no other inbox."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    CooldownRow,
    EmailAccountHealth,
    HealthDay,
    HealthEvent,
    InboxEvent,
    InboxHealthState,
    InboxMailDay,
    InboxMailHour,
    InboxRecent,
)
from nimbus.models.account_queries import Moment, list_senders
from nimbus.models.base import table_of
from nimbus.services.cool_down import cool_until, end_cooldowns
from nimbus.services.move_inbox import move_stage, switch_warmup, vouch
from nimbus.services.review_due import review_now, review_workspace
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.update_account import change_limit, switch_rotation
from tests.services.hearing import hear

FLEET = 1000
TABLES = (
    EmailAccountHealth,
    InboxHealthState,
    CooldownRow,
    HealthDay,
    HealthEvent,
    InboxMailHour,
    InboxMailDay,
    InboxRecent,
    InboxEvent,
)
TOLD = (
    *3 * [("sent",)],
    ("sent", "permanent"),
    ("sent", "complaint"),
    ("sent", "placed_spam"),
    ("soft",),
    ("connection",),
)


def everything(but=0):
    """All that is kept of all inboxes but this one, as rows."""
    db.session.rollback()
    columns = [(table_of(model), table_of(model).c) for model in TABLES]
    return {
        table.name: sorted(
            (tuple(row) for row in db.session.execute(sa.select(table).where(_of(c) != but))), key=str
        )
        for table, c in columns
    }


def _of(columns):
    return columns.account_id if "account_id" in columns else columns.id


@pytest.mark.parametrize("seed", range(3))
def test_a_second_look_writes_nothing_after_any_history(acme, ava, clock, seed):
    chance = random.Random(seed)
    for _ in range(6):
        for _ in range(chance.randrange(4)):
            stream, times = chance.choice(["production", "warmup"]), chance.randrange(1, 25)
            hear(acme, ava, *chance.choice(TOLD), times=times, stream=stream)
        with transaction() as session:
            session.get_one(EmailAccountHealth, ava).connection_state = chance.choice(
                ["ok", "ok", "suspended"]
            )
        review_workspace(acme)
        kept = everything()
        review_workspace(acme)
        review_inboxes(acme, only_dirty=False)
        assert everything() == kept
        clock.advance(hours=chance.choice([1, 26, 9 * 24]))


@pytest.fixture
def fleet(acme, ava):
    """A thousand inboxes of one domain that have been looked at."""
    row = {"workspace_id": acme, "display_name": "", "provider": "gmail", "daily_send_limit": 40}
    with transaction() as session:
        domain_id = session.get_one(EmailAccountHealth, ava).domain_id
        row |= {"domain_id": domain_id, "created_at": now(), "current_stage": 3}
        rows = [row | {"email": f"{number}@acme.test"} for number in range(FLEET - 1)]
        session.execute(sa.insert(EmailAccountHealth), rows)
    hear(acme, ava, "sent", times=34, ago=timedelta(hours=3))
    review_workspace(acme)
    return acme


def senders(workspace_id, but):
    """All that could send now but this one, each with its state."""
    db.session.rollback()
    moment = Moment(now(), local_day(now(), "Europe/Paris"))
    return {sender for sender in list_senders(db.session(), workspace_id, moment) if sender.id != but}


@pytest.mark.claim("C02")
def test_what_befalls_one_inbox_changes_no_other_of_a_thousand(fleet, asker, ava):
    before, eligible = everything(but=ava), senders(fleet, but=ava)

    hear(fleet, ava, "sent", "permanent", times=6)  # held, demoted and cooling down
    review_workspace(fleet)
    end_cooldowns(asker, ava)
    cool_until(asker, ava, now() + timedelta(hours=3))
    move_stage(asker, ava, up=True)
    move_stage(asker, ava, up=False)
    switch_warmup(asker, ava, on=False)
    vouch(asker, ava)
    change_limit(asker, ava, 5, seen=None)
    switch_rotation(asker, ava, is_active=False)
    review_now(asker, ava)

    assert everything(but=ava) == before
    assert senders(fleet, but=ava) == eligible
    assert len(before["email_account_health"]) == len(before["inbox_health_state"]) == FLEET - 1
    own = db.session.get_one(EmailAccountHealth, ava)
    assert (own.hold_state, own.cooldown_kind, own.is_active) == ("held", "manual", False)
