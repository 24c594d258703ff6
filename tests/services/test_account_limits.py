"""A limit of inboxes refuses on every path that adds one, also two who come at the same moment, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import current_app

from nimbus.clock import now
from nimbus.database import quick_write
from nimbus.extensions import db
from nimbus.models import AuditEvent, ConnectionTest, EmailAccountHealth, InboxDay, Workspace
from nimbus.rules.connection_test import Leg
from nimbus.security.workspace_keys import vault_of
from nimbus.services import connection_verdict
from nimbus.services.account_limits import AccountLimitReached
from nimbus.services.connect_account import start_test
from nimbus.services.connection_progress import Progress
from nimbus.services.update_account import remove_account
from nimbus.services.workspace_settings import set_account_limit
from tests.factories import mail_settings, make_connection_test, make_email_account, make_workspace, reload
from tests.servers.processes import wait_until

TYPED = {Leg.SMTP: "secret one", Leg.IMAP: "secret two"}
_PASSED = [["smtp", "hand_over", "passed", ""], ["imap", "find_reply", "running", ""]]


@pytest.fixture
def limit(acme):
    """Set the limit of Acme."""
    return lambda number: set_account_limit(acme, number, asker=None)


@pytest.fixture
def tested(ada):
    """A test of this address whose two legs have passed: all that is left is to save the account."""

    def passed(email, **values):
        values = {"state": "running", "owner": email[:8], "lease_until": now() + timedelta(hours=1)} | values
        return make_connection_test(
            *ada, settings=mail_settings(email).as_dict(), asked_from="192.0.2.7", **values
        )

    return passed


def save(test_id):
    """The verdict of a passed test: its state and the code of its failure."""
    test = db.session.get_one(ConnectionTest, test_id)
    vault = vault_of(db.session(), test.workspace_id)
    db.session.expunge_all()
    db.session.rollback()
    run = Progress(test, engine=db.engine, clock=current_app.extensions["nimbus.clock"])
    run.entries, run.handed_over_at = list(_PASSED), now()
    connection_verdict.succeed(run, vault)
    saved = reload(ConnectionTest, test_id)
    return saved.state, saved.failure_code


def addresses(workspace_id):
    db.session.rollback()
    connected = sa.select(EmailAccountHealth.email).where(
        EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.removed_at.is_(None)
    )
    return sorted(db.session.scalars(connected))


@pytest.mark.claim("C65", partly=True)
def test_no_test_starts_when_the_limit_is_reached(asker, ava, limit):
    limit(1)

    with pytest.raises(
        AccountLimitReached, match=r"^1 of 1 inboxes are connected, and no more can be added\. "
    ):
        start_test(asker, mail_settings("ben@acme.test"), TYPED)
    assert db.session.scalars(sa.select(ConnectionTest)).all() == []

    limit(2)
    start_test(asker, mail_settings("ben@acme.test"), TYPED)


@pytest.mark.claim("C65", partly=True)
def test_an_account_beyond_the_limit_is_not_saved_although_its_test_passed(acme, ava, limit, tested):
    test_id = tested("ben@acme.test")
    limit(1)

    assert save(test_id) == ("failed", "account_limit")
    assert addresses(acme) == ["ava@acme.test"]
    test = reload(ConnectionTest, test_id)
    assert (test.failure_detail, test.failure_leg, test.owner) == ({"limit": "1"}, None, None)
    assert {entry[2] for entry in test.progress} == {"passed"}
    assert test.sealed_smtp_password
    assert db.session.scalars(sa.select(InboxDay)).all() == []


@pytest.mark.claim("C65", partly=True)
def test_of_two_that_pass_at_the_same_moment_at_the_edge_one_is_added(acme, ava, limit, tested, at_once):
    limit(2)
    tests = [tested("ben@acme.test"), tested("cleo@acme.test")]
    db.session.rollback()

    with ThreadPoolExecutor(1) as pool:
        with quick_write(db.engine) as holding:  # until both are about to count
            holding.execute(sa.update(Workspace).values(timezone=Workspace.timezone))
            saving = pool.submit(at_once, lambda number: save(tests[number]), 2)
            wait_until(lambda: both_wait(2), within=20, what="two at the same step")
        outcomes = saving.result()

    assert sorted(outcomes, key=str) == [("failed", "account_limit"), ("passed", None)]
    won = outcomes.index(("passed", None))
    assert addresses(acme) == ["ava@acme.test", ["ben@acme.test", "cleo@acme.test"][won]]


def both_wait(people):
    """Whether that many transactions stand before a lock. SQLite lets none begin, so there is nothing to count."""
    if db.engine.dialect.name == "sqlite":
        return True
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine.connect() as connection:
        return connection.scalar(waiting) == people


def test_of_many_at_once_as_many_are_added_as_there_is_room_for(acme, limit, tested, at_once):
    limit(3)
    tests = [tested(f"{number}@acme.test") for number in range(6)]
    db.session.rollback()

    outcomes = at_once(lambda number: save(tests[number]), 6)

    assert sorted(map(str, outcomes)) == sorted(
        map(str, [("passed", None)] * 3 + [("failed", "account_limit")] * 3)
    )
    assert len(addresses(acme)) == 3


@pytest.mark.parametrize("purpose", ["connect", "reconnect", "retest"])
def test_an_account_that_is_connected_is_renewed_however_full_it_is(acme, ava, limit, tested, purpose):
    make_email_account(acme, "ben@acme.test")
    test_id = tested("ava@acme.test", purpose=purpose, account_id=None if purpose == "connect" else ava)
    limit(0)

    assert save(test_id) == ("passed", None)
    assert addresses(acme) == ["ava@acme.test", "ben@acme.test"]


def test_bringing_back_a_removed_account_counts_as_adding_it(acme, asker, ava, limit, tested):
    remove_account(asker, ava)
    make_email_account(acme, "ben@acme.test")
    limit(1)

    with pytest.raises(AccountLimitReached):
        start_test(asker, mail_settings("ava@acme.test"), TYPED)
    assert save(tested("ava@acme.test")) == ("failed", "account_limit")
    assert addresses(acme) == ["ben@acme.test"]

    limit(2)
    assert save(tested("ava@acme.test")) == ("passed", None)


def test_removed_inboxes_and_those_of_others_take_no_room(acme, asker, ava, limit, tested):
    remove_account(asker, ava)
    for number in range(3):
        make_email_account(make_workspace(f"Other {number}"), "ben@acme.test")
    limit(1)

    assert save(tested("ben@acme.test")) == ("passed", None)


def test_without_a_limit_nothing_is_counted_or_locked(acme, tested):
    counted = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *given: counted.append(given[2]))

    assert save(tested("ben@acme.test")) == ("passed", None)
    assert [text for text in counted if "count(" in text.lower() or " NO KEY UPDATE" in text] == []


def test_who_connected_which_inbox_from_where_is_in_the_audit_log(acme, ava, tested, asker):
    save(tested("ben@acme.test"))
    save(tested("ava@acme.test", purpose="reconnect", account_id=ava))
    save(tested("ava@acme.test", purpose="retest", account_id=ava))

    lines = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.object_kind == "email_account")).all()
    assert [(line.action, line.object_name) for line in lines] == [
        ("account_connected", "ben@acme.test"),
        ("account_reconnected", "ava@acme.test"),
    ]
    assert {(line.user_id, line.actor, line.address) for line in lines} == {
        (asker.user_id, "Ada", "192.0.2.7")
    }
    assert lines[0].details == {"sending": "smtp.acme.test:465", "replies": "imap.acme.test:993"}
