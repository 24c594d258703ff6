"""One change for many: it reaches exactly those it may, says what it left, and can be taken back once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    AccountTag,
    AuditEvent,
    DomainHealth,
    EmailAccountHealth,
    HealthEvent,
    Undo,
    UndoValue,
)
from nimbus.models.tag_queries import TagName, tags_on
from nimbus.services.account_changes import Limit, Priority, Restrict, Rotation
from nimbus.services.bulk_change import NoSuchUndo, NothingToUndo, change_many, undo
from nimbus.services.sweep import purge
from nimbus.services.tag_changes import AddTag, RemoveTag, set_tags
from nimbus.services.update_account import change_limit, change_priority, remove_account, switch_rotation
from tests.factories import make_email_account, make_person, make_workspace, reload

FLEET = 1000
LONG_AGO = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def fleet(acme):
    """A thousand inboxes in two states, half of them with a ceiling of 450; gives their ids."""
    with transaction() as session:
        domain = DomainHealth(workspace_id=acme, name="acme.test", created_at=now())
        session.add(domain)
        session.flush()
        accounts = [
            EmailAccountHealth(
                workspace_id=acme,
                email=f"{number}@acme.test",
                display_name="",
                provider="smtp_imap" if number % 2 else "gmail",
                domain_id=domain.id,
                daily_send_limit=20 + number % 5,
                current_stage=number % 6,
                created_at=now(),
            )
            for number in range(FLEET)
        ]
        session.add_all(accounts)
        session.flush()
        return [account.id for account in accounts]


@pytest.fixture
def three(acme):
    """Three inboxes: one out of rotation since March, one that a person set to 30, one as the ramp left it."""
    out = {"is_active": False, "is_active_changed_at": LONG_AGO, "is_active_changed_by": "Dana"}
    values = (out, {"daily_send_limit": 30, "limit_mode": "manual"}, {})
    return [make_email_account(acme, f"{n}@acme.test", **each) for n, each in enumerate(values)]


def rows():
    """Every inbox as the database has it now, by id."""
    db.session.rollback()
    found = db.session.execute(sa.select(*EmailAccountHealth.__table__.c)).mappings()
    return {row["id"]: dict(row) for row in found}


def differing(before, after):
    """Which columns of which inboxes are not the same."""
    return {
        account: names
        for account in before
        if (names := {name for name in before[account] if before[account][name] != after[account][name]})
    }


def log(kind):
    db.session.rollback()
    found = sa.select(kind).order_by(kind.id)
    return db.session.scalars(found).all()


@pytest.mark.claim("C02", partly=True)
def test_of_a_thousand_exactly_those_asked_for_are_changed_and_undone(asker, fleet):
    before, some = rows(), fleet[100:548]
    outcome = change_many(asker, some, Limit(35))
    after = rows()

    assert (outcome.changed, outcome.left) == (448, Counter())
    assert {*differing(before, after)} == {*some}
    assert {row["daily_send_limit"] for row in after.values() if row["id"] in some} == {35}
    assert len(log(HealthEvent)) == len(log(AuditEvent)) == 448
    change_priority(asker, fleet[0], 7)

    assert undo(asker, outcome.undo).restored == 448
    still = differing(before, rows())
    assert still.pop(fleet[0]) == {"rotation_priority"}
    assert {name for names in still.values() for name in names} == {"effective_limit", "health_version"}


def test_a_bulk_change_writes_the_lines_that_a_single_change_writes(acme, asker, three):
    def lines(act):
        start = len(log(HealthEvent)), len(log(AuditEvent))
        act()
        told = [(each.kind, each.sentence, each.actor) for each in log(HealthEvent)[start[0] :]]
        return told, [(each.action, each.object_name, each.details) for each in log(AuditEvent)[start[1] :]]

    one = three[1]
    single = lines(lambda: change_limit(asker, one, 35, seen=None))
    change_limit(asker, one, 30, seen=None)

    assert lines(lambda: change_many(asker, [one], Limit(35))) == single
    assert single[0] == [("limit", "Daily limit changed from 30 to 35", "Ada")]


def test_what_was_left_is_counted_with_its_reason(acme, asker, three):
    gone = make_email_account(acme, "gone@acme.test", removed_at=now())
    theirs = make_email_account(make_workspace("Zenith"), "cy@zenith.test")
    small = make_email_account(acme, "small@outlook.com", provider="microsoft")

    outcome = change_many(asker, [*three, *three, small, gone, theirs, 999_999], Limit(300))
    again = change_many(asker, three, Limit(300))

    assert (outcome.changed, outcome.left) == (3, Counter({"capped at 270": 1, "no longer there": 3}))
    assert (again.changed, again.left, again.undo) == (0, Counter({"so already": 3}), None)
    assert reload(EmailAccountHealth, theirs).daily_send_limit == 20


SWITCH = {"is_active", "is_active_changed_at", "is_active_changed_by"}
CHANGES = {
    "limit": (Limit(35), {"daily_send_limit", "limit_mode"}),
    "priority": (Priority(7), {"rotation_priority"}),
    "restriction": (Restrict("nurture"), {"restriction"}),
    "out": (Rotation(is_active=False, is_active_changed_at=LONG_AGO, is_active_changed_by="Ada"), SWITCH),
    "in": (Rotation(is_active=True, is_active_changed_at=LONG_AGO, is_active_changed_by="Ada"), SWITCH),
}


@pytest.mark.parametrize("name", CHANGES)
def test_undo_restores_each_old_value_with_all_that_belongs_to_it(asker, three, name):
    change, columns = CHANGES[name]
    before = rows()
    outcome = change_many(asker, three, change)
    assert {column for names in differing(before, rows()).values() for column in names} & columns

    restored = undo(asker, outcome.undo)

    assert (restored.restored, restored.left) == (outcome.changed, [])
    left = differing(before, rows())
    assert {column for names in left.values() for column in names} <= {"effective_limit", "health_version"}


def test_undo_leaves_and_names_what_somebody_has_changed_since(asker, three):
    outcome = change_many(asker, three, Limit(35))
    bob = replace(asker, name="Bob")
    change_limit(bob, three[0], 40, seen=35)
    change_many(
        bob, [three[1]], Rotation(is_active=False, is_active_changed_at=now(), is_active_changed_by="Bob")
    )

    restored = undo(asker, outcome.undo)

    assert (restored.restored, restored.left) == (2, ["0@acme.test"])
    assert [reload(EmailAccountHealth, each).daily_send_limit for each in three] == [40, 30, 20]
    assert [reload(EmailAccountHealth, each).is_active for each in three] == [False, False, True]


def test_somebody_who_took_out_and_put_back_since_is_not_overruled(asker, three):
    out = Rotation(is_active=False, is_active_changed_at=now(), is_active_changed_by="Ada")
    outcome = change_many(asker, three, out)
    bob = replace(asker, name="Bob")
    switch_rotation(bob, three[1], is_active=True)
    switch_rotation(bob, three[1], is_active=False)

    assert undo(asker, outcome.undo).left == ["1@acme.test"]
    assert reload(EmailAccountHealth, three[1]).is_active_changed_by == "Bob"


def test_undo_works_once_for_ten_minutes_and_for_who_made_the_change(acme, asker, three, clock):
    outcome, late = change_many(asker, three, Limit(35)), change_many(asker, three, Priority(7))
    other = make_person(acme, "Olga")
    for nobody in (
        replace(asker, user_id=other.user_id),
        replace(asker, workspace_id=make_workspace("Zenith")),
    ):
        with pytest.raises(NoSuchUndo):
            undo(nobody, outcome.undo)
    assert undo(asker, outcome.undo).restored == 3
    with pytest.raises(NothingToUndo, match="undone already"):
        undo(asker, outcome.undo)

    clock.advance(minutes=10)
    with pytest.raises(NothingToUndo, match="ten minutes"):
        undo(asker, late.undo)
    assert reload(EmailAccountHealth, three[0]).rotation_priority == 7
    purge()
    assert (log(Undo), db.session.scalars(sa.select(UndoValue)).all()) == ([], [])


def test_an_account_that_was_removed_since_stays_removed(asker, three):
    outcome = change_many(asker, three, Limit(35))
    remove_account(asker, three[0])

    assert undo(asker, outcome.undo).restored == 2
    assert reload(EmailAccountHealth, three[0]).removed_at


def test_of_many_who_undo_at_the_same_moment_each_value_is_restored_once(asker, three, at_once):
    token = change_many(asker, three, Limit(35)).undo
    db.session.rollback()
    start = len(log(HealthEvent))
    db.session.rollback()

    outcomes = at_once(lambda _number: undo(asker, token), 4)

    assert sum(each.restored for each in outcomes if not isinstance(each, Exception)) == 3
    assert {type(each) for each in outcomes if isinstance(each, Exception)} <= {NothingToUndo}
    assert len(log(HealthEvent)) - start == 3


def test_two_bulk_changes_at_the_same_moment_leave_every_inbox_with_one_of_both(asker, fleet, at_once):
    db.session.rollback()
    outcomes = at_once(lambda number: change_many(asker, fleet[:400], Priority(7 + number)), 2)

    assert [outcome.changed for outcome in outcomes] == [400, 400]
    assert {row["rotation_priority"] for row in rows().values() if row["id"] in fleet[:400]} <= {7, 8}


def tags(acme, account_id):
    db.session.rollback()
    return tags_on(db.session(), acme, [account_id]).get(account_id, [])


def test_tags_are_put_on_and_taken_off_many_and_both_can_be_undone(acme, asker, three):
    set_tags(asker, three[0], tags=["vip"], clients=["Acme"])

    added = change_many(asker, three, AddTag("vip", is_client=False))
    assert (added.changed, added.left) == (2, Counter({"so already": 1}))
    removed = change_many(asker, three, RemoveTag("VIP"))
    assert (removed.changed, tags(acme, three[0])) == (3, [TagName("Acme", is_client=True)])

    assert undo(asker, removed.undo).restored == 3
    assert undo(asker, added.undo).restored == 2
    assert [len(tags(acme, each)) for each in three] == [2, 0, 0]
    assert TagName("vip", is_client=False) in tags(acme, three[0])


def test_an_account_with_twenty_tags_takes_no_more(acme, asker, three):
    set_tags(asker, three[0], tags=[f"t{number}" for number in range(20)], clients=[])

    outcome = change_many(asker, three, AddTag("vip", is_client=False))

    assert (outcome.changed, outcome.left) == (2, Counter({"full: they have 20 tags": 1}))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AccountTag)) == 22
