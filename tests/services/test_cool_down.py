"""What makes an inbox cool down, for how long, and who may end that."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import CooldownRow, EmailAccountHealth, HealthEvent
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.roles import Role
from nimbus.rules.send_answers import Category
from nimbus.services.cool_down import (
    CannotEnd,
    Why,
    acknowledge,
    begin_cooldown,
    cool_until,
    end_cooldowns,
)
from nimbus.services.cooldown_calls import called_for
from nimbus.services.send_ledger import claim_next
from tests.factories import make_email_account, reload
from tests.services.hearing import hear
from tests.services.sends import queue

HOUR = timedelta(hours=1)


def begin(account_id, kind=CooldownKind.COMPLAINT, cause="event", **why):
    with transaction() as session:
        account = session.get_one(EmailAccountHealth, account_id)
        db.session.refresh(account, ["domain"])
        return begin_cooldown(session, account, kind, Why(cause, (cause,), "Somebody complained.", **why))


def called(account_id, category, *, only_paces=False):
    with transaction() as session:
        account = session.get_one(EmailAccountHealth, account_id)
        return called_for(session, account, category, only_paces=only_paces)


def rows(account_id):
    db.session.rollback()
    return db.session.scalars(sa.select(CooldownRow).where(CooldownRow.account_id == account_id)).all()


def test_an_event_begins_one_cooldown_however_often_it_is_told(ava):
    until = begin(ava, cause="complaint:1")

    assert begin(ava, cause="complaint:1") is None
    account = reload(EmailAccountHealth, ava)
    assert (account.cooldown_until, account.cooldown_kind) == (until, "complaint")
    assert until - now() > 23 * HOUR
    [event] = db.session.scalars(sa.select(HealthEvent)).all()
    assert (event.kind, event.after, event.cause, event.counters["step"]) == (
        "cooldown",
        "complaint",
        "complaint:1",
        1,
    )


def test_each_repeat_is_longer_and_the_third_complaint_waits_for_an_owner(acme, asker, ava, clock):
    lasted = []
    for number in range(3):
        lasted.append(begin(ava, cause=f"complaint:{number}") - now())
        clock.advance(days=7, hours=1)
    queue(acme, ava)

    assert [round(each / HOUR) for each in lasted] == [24, 72, 168]
    assert claim_next(acme, ava, "w") is None
    with pytest.raises(CannotEnd, match="an owner"):
        acknowledge(replace(asker, role=Role.ADMIN), ava)
    acknowledge(asker, ava)
    assert claim_next(acme, ava, "w") is not None
    assert not reload(EmailAccountHealth, ava).needs_acknowledgement


def test_what_has_to_be_sat_out_is_not_ended_and_the_rest_with_it(asker, ava):
    for number in range(2):
        begin(ava, cause=f"complaint:{number}")

    with pytest.raises(CannotEnd, match="sat out"):
        end_cooldowns(asker, ava)

    assert [row.ended_at for row in rows(ava)] == [None, None]


def test_an_early_end_frees_the_inbox_at_once_and_makes_the_day_a_small_one(acme, asker, ava):
    begin(ava, CooldownKind.BOUNCE_BURST)
    queue(acme, ava, 6)
    assert claim_next(acme, ava, "w") is None

    end_cooldowns(asker, ava)

    taken = [claim_next(acme, ava, "w") for _ in range(6)]
    assert [claimed is not None for claimed in taken] == 5 * [True] + [False]  # a quarter of 20
    with pytest.raises(CannotEnd, match="any more"):
        end_cooldowns(asker, ava)


def test_one_inboxs_cooldown_is_no_others(acme, asker, ava):
    other = make_email_account(acme, "bob@acme.test")

    cool_until(asker, ava, now() + HOUR)

    assert reload(EmailAccountHealth, ava).cooldown_kind == "manual"
    assert reload(EmailAccountHealth, other).cooldown_until is None


@pytest.mark.parametrize(
    ("category", "kind", "before"),
    [
        (Category.CONNECTION, "connection", 2),
        (Category.THROTTLE, "throttle", 2),
        (Category.BLOCK_REPUTATION, "block", 1),
    ],
)
def test_some_refusals_mean_something_only_together(acme, ava, category, kind, before):
    for _ in range(before):
        assert called(ava, category, only_paces=True) is None
        hear(acme, ava, kind)

    found = called(ava, category, only_paces=True)

    assert (found.kind.value.startswith(kind) or found.kind == "reputation_block") is True
    assert len(found.events) == before


def test_a_mail_that_left_in_between_breaks_the_row_of_failed_connections(acme, ava):
    for kind in ("connection", "sent", "connection"):
        hear(acme, ava, kind)

    assert called(ava, Category.CONNECTION) is None


def test_what_began_one_cooldown_begins_no_second_one(acme, ava, clock):
    hear(acme, ava, "block")
    begin(ava, CooldownKind.REPUTATION_BLOCK)
    clock.advance(seconds=1)

    assert called(ava, Category.BLOCK_REPUTATION) is None


def test_a_server_that_throttles_does_so_at_once(ava):
    assert called(ava, Category.THROTTLE).kind is CooldownKind.THROTTLE


def test_after_the_providers_enough_a_week_is_half_as_large(acme, ava, clock):
    queue(acme, ava, 20)
    for _ in range(8):
        claim_next(acme, ava, "w")
    begin(ava, CooldownKind.PROVIDER_DAILY_LIMIT)
    clock.advance(hours=30)

    taken = [claim_next(acme, ava, "w") is not None for _ in range(5)]

    assert taken == 4 * [True] + [False]
    assert reload(EmailAccountHealth, ava).daily_send_limit == 20
