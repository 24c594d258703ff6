"""Many inboxes are read side by side, and none waits for one that is slow, broken or hostile."""

import threading

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import InboxSync, Incoming, MailServer
from nimbus.services.sync_mailboxes import sync_due, sync_one
from tests.factories import make_email_account, reload
from tests.servers.faults import ScriptedImap, hang
from tests.servers.processes import wait_until
from tests.services.campaigning import all_rows, change
from tests.sync.reading import make_due

EMPTY = {"STATUS": b'* STATUS "INBOX" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\nTAG OK Done'}
ONE = {
    "STATUS": b'* STATUS "INBOX" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)\nTAG OK Done',
    "EXAMINE": b"* 1 EXISTS\n* OK [UIDVALIDITY 1] Valid\n* OK [UIDNEXT 2] Next\nTAG OK [READ-ONLY] Done",
    "SEARCH": b"* SEARCH 1\nTAG OK Done",
    "FETCH": b"TAG NO [SERVERBUG] Cannot read it",
}


@pytest.fixture
def at_server(acme):
    """Connect that many inboxes at a server on this machine; their ids."""

    def connect(server, count):
        ids = [make_email_account(acme, f"{server.port}n{number}@acme.test") for number in range(count)]
        there = {"host": "127.0.0.1", "port": server.port, "security": "none"}
        change(MailServer, MailServer.account_id.in_(ids), **there)
        return ids

    return connect


def synced():
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).where(InboxSync.synced_at.is_not(None)))


def test_a_whole_fleet_at_one_server_is_read_in_one_go(at_server):
    with ScriptedImap(EMPTY) as server:
        at_server(server, 30)

        sync_due()

    assert synced() == 30
    assert {row.lease_until for row in all_rows(InboxSync)} == {None}


def test_a_server_that_never_answers_holds_up_no_other(app, at_server):
    with ScriptedImap({"GREETING": hang}) as silent, ScriptedImap(EMPTY) as other:
        at_server(silent, 12)
        change(MailServer, MailServer.host == "127.0.0.1", host="localhost")
        at_server(other, 12)
        working = threading.Thread(target=in_context, args=(app, sync_due))
        working.start()

        wait_until(lambda: synced() == 12, within=10, what="the others to be read")
        app.extensions["nimbus.stopping"] = True
        silent.__exit__(None, None, None)
        working.join()

    assert synced() == 12


def in_context(app, action):
    with app.app_context():
        action()
        db.session.remove()


def test_a_message_that_its_server_cannot_read_is_set_aside_after_three_tries(acme, at_server):
    with ScriptedImap(ONE) as server:
        [account_id] = at_server(server, 1)
        for _ in range(2):
            sync_one(acme, account_id)
            make_due(account_id)
            assert reload(InboxSync, account_id).problem.startswith("The server names a message")
        sync_one(acme, account_id)

    assert reload(InboxSync, account_id).problem is None
    assert [(row.state, row.raw) for row in all_rows(Incoming)] == [("poison", None)]
