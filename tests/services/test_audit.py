"""Lines of the audit log stand and fall with the change that they record."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.models.audit_queries import AuditFilter
from nimbus.rules.audit import Action
from nimbus.rules.campaign_types import Restriction
from nimbus.services import update_account
from nimbus.services.audit import REFUSALS_APART, Doer, Object, note_refusal, record
from nimbus.services.export_audit import BATCH, begin_export, exported
from tests.factories import make_workspace

EVERYTHING = AuditFilter()


def lines(*columns):
    """These columns of every line, the oldest first."""
    db.session.rollback()
    found = sa.select(*(getattr(AuditEvent, name) for name in columns)).order_by(AuditEvent.id)
    return [tuple(row) for row in db.session.execute(found)]


def test_a_line_says_who_did_what_to_which_object_from_where(acme, asker):
    with transaction() as session:
        first = record(
            session,
            Action.ROLE_CHANGED,
            workspace_id=acme,
            asker=asker,
            on=Object("member", 7, "Zoë"),
            role="from viewer to admin",
        )
        record(session, Action.ROTATION_FINISHED, workspace_id=acme, asker=Doer(asker.user_id, "Ada", None))
        last = record(session, Action.ROTATION_FINISHED, workspace_id=acme)

    assert last > first
    assert lines("user_id", "actor", "address", "object_kind", "object_id", "object_name", "details") == [
        (asker.user_id, "Ada", "192.0.2.7", "member", "7", "Zoë", {"role": "from viewer to admin"}),
        (asker.user_id, "Ada", None, None, None, None, {}),
        (None, None, None, None, None, None, {}),
    ]


def test_a_line_goes_with_the_change_that_was_undone(acme):
    with transaction() as session:
        record(session, Action.WORKSPACE_CHANGED, workspace_id=acme)
        session.rollback()

    assert lines("id") == []


def test_every_change_of_an_account_is_one_line_with_what_it_was(asker, ava):
    update_account.change_limit(asker, ava, 35, seen=20)
    update_account.change_priority(asker, ava, 7)
    update_account.restrict(asker, ava, Restriction.COLD_OUTREACH)
    update_account.switch_rotation(asker, ava, is_active=False)
    update_account.switch_rotation(asker, ava, is_active=False)
    update_account.remove_account(asker, ava)

    assert lines("action", "details") == [
        ("account_changed", {"daily_limit": "from 20 to 35"}),
        ("account_changed", {"rotation_priority": "from 100 to 7"}),
        ("account_changed", {"used_for": "cold outreach"}),
        ("account_changed", {"rotation": "taken out"}),
        ("account_removed", {}),
    ]
    whose = lines("actor", "address", "object_kind", "object_id", "object_name")
    assert set(whose) == {("Ada", "192.0.2.7", "email_account", str(ava), "ava@acme.test")}


def test_a_refusal_is_one_line_a_minute_for_each_person_and_page(asker, clock):
    elsewhere = replace(asker, workspace_id=make_workspace("Zenith"))
    for _ in range(3):
        note_refusal(asker, "audit.index", "GET")
    note_refusal(asker, "audit.export", "POST")
    note_refusal(elsewhere, "audit.index", "GET")
    assert len(lines("id")) == 3

    clock.advance(seconds=REFUSALS_APART.total_seconds() + 1)
    note_refusal(asker, "audit.index", "GET")

    assert lines("action", "object_name", "details", "address")[-1] == (
        "access_refused",
        "audit.index",
        {"method": "GET"},
        "192.0.2.7",
    )
    assert len(lines("id")) == 4


def test_refusals_of_the_same_moment_are_one_line(asker, at_once):
    db.session.rollback()

    assert at_once(lambda _: note_refusal(asker, "audit.index", "GET"), 4) == [None] * 4
    assert len(lines("id")) == 1


def test_a_refusal_that_cannot_be_written_is_refused_all_the_same(asker, caplog):
    with transaction() as session:
        session.execute(sa.text("ALTER TABLE audit_event RENAME TO lost"))

    note_refusal(asker, "audit.index", "GET")

    assert "A refused request could not be recorded: " in caplog.text
    db.session.execute(sa.text("SELECT 1"))


def write(workspace_id, count):
    with transaction() as session:
        for number in range(count):
            on = Object("page", number, str(number))
            record(session, Action.ACCESS_REFUSED, workspace_id=workspace_id, on=on)


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1])
def test_an_export_gives_every_line_once_and_is_itself_the_newest(acme, asker, count):
    write(acme, count)
    write(make_workspace("Zenith"), 3)

    before = begin_export(asker, EVERYTHING, [])
    write(acme, 2)
    given = [event.object_name for batch in exported(acme, EVERYTHING, before) for event in batch]

    assert given == [str(number) for number in reversed(range(count))]
    export = db.session.get_one(AuditEvent, before)
    assert (export.action, export.actor) == ("audit_exported", "Ada")
    assert export.details == {"lines": count, "only": "everything"}


def test_an_export_holds_no_connection_while_somebody_reads_a_batch(acme, asker):
    write(acme, BATCH + 1)
    batches = exported(acme, EVERYTHING, begin_export(asker, EVERYTHING, ["Who: Ada"]))

    first = next(batches)

    assert db.engine.pool.checkedout() == 0
    assert first[0].object_name == str(BATCH)
    assert len(next(batches)) == 1
