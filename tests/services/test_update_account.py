"""What a person changes about an account: one write, one line in its log."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth, HealthEvent, MailServer, WorkspaceKey
from nimbus.rules.campaign_types import Restriction
from nimbus.services.account_changes import LimitTooHigh
from nimbus.services.update_account import (
    ChangedMeanwhile,
    NoSuchAccount,
    change_limit,
    change_priority,
    remove_account,
    restrict,
    switch_rotation,
)
from tests.factories import (
    make_connection_test,
    make_email_account,
    make_inbox_day,
    make_workspace,
    reload,
)

CHANGES = {
    "limit": lambda asker, account: change_limit(asker, account, 35, seen=None),
    "priority": lambda asker, account: change_priority(asker, account, 7),
    "restriction": lambda asker, account: restrict(asker, account, Restriction.NURTURE),
    "rotation": lambda asker, account: switch_rotation(asker, account, is_active=False),
    "removed": remove_account,
}


def log():
    """(kind, sentence, actor) of every event, the oldest first."""
    db.session.rollback()
    events = db.session.scalars(sa.select(HealthEvent).order_by(HealthEvent.id))
    return [(event.kind, event.sentence, event.actor) for event in events]


def columns(table, *key):
    row = reload(table, *key)
    return {column.name: getattr(row, column.name) for column in table.__table__.c}


def test_a_new_limit_is_saved_and_logged_with_who_set_it(asker, ava):
    change_limit(asker, ava, 35, seen=20)

    assert reload(EmailAccountHealth, ava).daily_send_limit == 35
    assert log() == [("limit", "Daily limit changed from 20 to 35", "Ada")]


CAPPED = (
    ("a@acme.test", "smtp_imap", 450, "Mailboxes at acme.test"),
    ("a@gmail.com", "smtp_imap", 450, "Mailboxes at gmail.com"),
    ("a@outlook.com", "microsoft", 270, "Mailboxes of this provider"),
    ("b@acme.test", "gmail", 1800, "Mailboxes of this provider"),
)


def test_a_limit_above_the_providers_is_refused_with_the_number(acme, asker):
    for email, provider, cap, which in CAPPED:
        account_id = make_email_account(acme, email, provider=provider)
        change_limit(asker, account_id, cap, seen=None)

        with pytest.raises(LimitTooHigh) as refusal:
            change_limit(asker, account_id, cap + 1, seen=None)
        assert str(refusal.value) == f"{which} are capped at {cap} mails a day. Enter {cap} or less."
        assert reload(EmailAccountHealth, account_id).daily_send_limit == cap
    assert len(log()) == len(CAPPED)


def test_two_people_notice_each_other(asker, ava):
    change_limit(replace(asker, name="Bob"), ava, 30, seen=20)

    with pytest.raises(ChangedMeanwhile) as refusal:
        change_limit(asker, ava, 35, seen=20)
    assert str(refusal.value) == "Somebody changed this to 30 meanwhile. Save again to replace it."
    assert reload(EmailAccountHealth, ava).daily_send_limit == 30

    change_limit(asker, ava, 35, seen=refusal.value.current)
    assert [sentence for _, sentence, _ in log()] == [
        "Daily limit changed from 20 to 30",
        "Daily limit changed from 30 to 35",
    ]


def test_of_many_who_save_at_the_same_moment_one_wins_and_the_others_are_told(asker, ava, at_once):
    db.session.rollback()

    outcomes = at_once(
        lambda number: change_limit(replace(asker, name=f"P{number}"), ava, 30 + number, seen=20), 4
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["ChangedMeanwhile"] * 3, "NoneType"]
    winner = outcomes.index(None)
    assert reload(EmailAccountHealth, ava).daily_send_limit == 30 + winner
    assert log() == [("limit", f"Daily limit changed from 20 to {30 + winner}", f"P{winner}")]


def test_saving_what_is_there_already_writes_no_line(asker, ava):
    change_limit(asker, ava, 20, seen=20)
    change_priority(asker, ava, 100)
    restrict(asker, ava, Restriction.ANY)
    switch_rotation(asker, ava, is_active=True)

    assert log() == []
    assert reload(EmailAccountHealth, ava).is_active_changed_at is None


def test_priority_is_saved_and_logged(asker, ava):
    change_priority(asker, ava, 1)
    change_priority(asker, ava, 1000)

    assert reload(EmailAccountHealth, ava).rotation_priority == 1000
    assert [sentence for _, sentence, _ in log()] == [
        "Rotation priority changed from 100 to 1",
        "Rotation priority changed from 1 to 1000",
    ]


def test_a_priority_out_of_bounds_never_reaches_the_account(asker, ava):
    for priority in (0, 1001):
        with pytest.raises(IntegrityError):
            change_priority(asker, ava, priority)
    assert reload(EmailAccountHealth, ava).rotation_priority == 100
    assert log() == []


def test_a_restriction_is_set_and_lifted(asker, ava):
    for restriction in (Restriction.NURTURE, Restriction.COLD_OUTREACH, Restriction.ANY):
        restrict(asker, ava, restriction)
        assert reload(EmailAccountHealth, ava).restriction == restriction

    assert [sentence for _, sentence, _ in log()] == [
        "Reserved for nurture",
        "Reserved for cold outreach",
        "May be used for any campaign",
    ]


@pytest.mark.claim("C64", partly=True)
def test_taking_out_and_putting_back_keeps_everything_and_asks_for_no_new_sign_in(acme, asker, ava, clock):
    make_inbox_day(acme, ava, sent=7)
    switch = {"is_active", "is_active_changed_at", "is_active_changed_by"}
    before = columns(EmailAccountHealth, ava)
    servers = [columns(MailServer, ava, leg) for leg in ("smtp", "imap")]

    switch_rotation(asker, ava, is_active=False)
    out = reload(EmailAccountHealth, ava)
    assert (out.is_active, out.is_active_changed_by) == (False, "Ada")
    clock.advance(days=40)
    switch_rotation(replace(asker, name="Bob"), ava, is_active=True)

    after = columns(EmailAccountHealth, ava)
    assert {name for name in after if after[name] != before[name]} == switch - {"is_active"}
    assert [columns(MailServer, ava, leg) for leg in ("smtp", "imap")] == servers
    assert [row[1:] for row in log()] == [("Taken out of rotation", "Ada"), ("Put back into rotation", "Bob")]


@pytest.mark.claim("C02", partly=True)
def test_a_change_touches_one_inbox_and_writes_one_line(acme, asker, ava):
    twin = make_email_account(acme, "bob@acme.test")
    before = columns(EmailAccountHealth, twin)

    for change in CHANGES.values():
        change(asker, ava)

    assert columns(EmailAccountHealth, twin) == before
    assert [(kind, actor) for kind, _, actor in log()] == [(kind, "Ada") for kind in CHANGES]


def test_no_change_reaches_another_workspaces_removed_or_missing_account(acme, asker, ava):
    gone = make_email_account(acme, "gone@acme.test", removed_at=now())
    before = columns(EmailAccountHealth, ava)

    elsewhere = replace(asker, workspace_id=make_workspace("Zenith"))
    for change, which in product(CHANGES.values(), [(elsewhere, ava), (asker, gone), (asker, 999_999)]):
        with pytest.raises(NoSuchAccount, match=r"^This account no longer exists\.$"):
            change(*which)
    assert columns(EmailAccountHealth, ava) == before
    assert log() == []


def test_removing_deletes_every_password_at_once_and_keeps_the_history(ada, asker, ava):
    under_way = make_connection_test(*ada, account_id=ava, purpose="retest", state="running", owner="x")
    done = make_connection_test(*ada, account_id=ava, purpose="retest", state="failed")
    other = make_connection_test(*ada)
    change_limit(asker, ava, 30, seen=None)

    remove_account(asker, ava)

    assert reload(EmailAccountHealth, ava).removed_at - now() < timedelta(seconds=5)
    assert db.session.scalars(sa.select(MailServer).where(MailServer.account_id == ava)).all() == []
    tests = [reload(ConnectionTest, test_id) for test_id in (under_way, done, other)]
    assert [test.state for test in tests] == ["stopped", "failed", "queued"]
    assert [bool(test.sealed_smtp_password or test.sealed_imap_password) for test in tests] == [
        False,
        False,
        True,
    ]
    assert [sentence for _, sentence, _ in log()] == ["Daily limit changed from 20 to 30", "Account removed"]
    assert db.session.scalars(sa.select(WorkspaceKey)).all()


def test_an_account_is_removed_once(asker, ava):
    remove_account(asker, ava)

    with pytest.raises(NoSuchAccount):
        remove_account(replace(asker, name="Bob"), ava)
    assert len(log()) == 1
