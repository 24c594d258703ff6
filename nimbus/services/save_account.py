"""Turning a passed connection test into an account: made, restored or renewed, and linked to its domain.

Somebody waits for the verdict while this runs. So each statement says itself what to do with a row that is there
already, is made once (building one costs three times what running it does), and goes to the driver as it is.
"""

from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from nimbus.clock import local_day, now
from nimbus.database import insert_or
from nimbus.models import (
    ConnectionTest,
    EmailAccountHealth,
    EventTone,
    HealthEvent,
    InboxDay,
    MailServer,
    User,
    Workspace,
)
from nimbus.models.base import table_of
from nimbus.models.mail_server import vault_owner
from nimbus.rules.audit import Action
from nimbus.rules.connection_test import Leg, Purpose
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.mail_settings import MailSettings
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.rules.send_limits import starting_limit
from nimbus.security.held_keys import hold_vault_within
from nimbus.security.vault import Vault
from nimbus.services import audit
from nimbus.services.account_limits import claim_room
from nimbus.services.link_domain import link_domain
from nimbus.services.prepared import Writing, writing_in
from nimbus.services.record_outcome import Fact, record_fact
from nimbus.services.sender_turn import bring_forward
from nimbus.services.wake_sync import wake_sync

_Insert = sqlite.Insert | postgresql.Insert

_LOG_LINES = {
    Purpose.CONNECT: ("connected", "Connected over SMTP and IMAP"),
    Purpose.RECONNECT: ("reconnected", "Connected again with new settings"),
    Purpose.RETEST: ("test_passed", "Connection test passed"),
}
_RESTORED = ("connected", "Connected again; its history is kept")
_AUDITED = {  # a test with the settings that an account has changes nothing
    Purpose.CONNECT: Action.ACCOUNT_CONNECTED,
    Purpose.RECONNECT: Action.ACCOUNT_RECONNECTED,
}

_ADD_EVENT = sa.insert(table_of(HealthEvent)).inline()
_WHOSE = (
    sa.select(User.name, Workspace.timezone, Workspace.account_limit)
    .join(Workspace, Workspace.id == sa.bindparam("workspace_id"))
    .where(User.id == sa.bindparam("user_id"))
)


class Whose(NamedTuple):
    """The name of the person who asked for a test, the zone whose days are counted, and the limit of inboxes."""

    name: str
    timezone: str
    account_limit: int | None


def save_account(
    session: Session,
    test: ConnectionTest,
    vault: Vault,
    *,
    handed_over_at: datetime | None,
) -> int:
    """The id of the account that a passed test makes or renews, within the caller's transaction.

    Raises AccountLimitReached when that would be one inbox more than the workspace may have.
    """
    settings = MailSettings.from_dict(test.settings)
    moment = now()
    asked = whose(session, test)
    if asked.account_limit is not None:
        claim_room(session, test.workspace_id, settings.email)
    writing = writing_in(session)
    account_id, created_at = _put_account(writing, test.workspace_id, settings, moment)
    for server in _servers(writing, test, account_id, opened_with=vault):
        writing.change(_putting_server(writing.database), server)
    wake_sync(writing, account_id, moment)
    was_there = test.purpose == Purpose.CONNECT and created_at != moment
    kind, sentence = _RESTORED if was_there else _LOG_LINES[Purpose(test.purpose)]
    event = {
        "workspace_id": test.workspace_id,
        "account_id": account_id,
        "at": moment,
        "kind": kind,
        "tone": EventTone.OK,
        "sentence": sentence,
        "actor": asked.name,
    }
    writing.change(_ADD_EVENT, event)
    _audit(session, test, asked, account_id)
    if test.purpose == Purpose.RECONNECT:
        bring_forward(session, test.workspace_id, account_id)  # what waited for a sign-in that works
    if handed_over_at is not None:
        count_test_message(session, test, account_id, local_day(handed_over_at, asked.timezone))
    return account_id


def count_test_message(session: Session, test: ConnectionTest, account_id: int, day: date) -> None:
    """A test message that was accepted left through this inbox: it counts in that day's sends, and in no rate."""
    writing, workspace_id = writing_in(session), test.workspace_id
    used = {"workspace_id": workspace_id, "account_id": account_id, "day": day, "sent": 1, "reserved": 0}
    writing.change(_counting(writing.database), used)
    record_fact(writing, Fact(workspace_id, account_id, EventKind.SENT, f"test:{test.id}", now()))


def whose(session: Session, test: ConnectionTest) -> Whose:
    """Who asked for the test, and what their workspace says."""
    ids = {"workspace_id": test.workspace_id, "user_id": test.user_id}
    return Whose(*writing_in(session).rows(_WHOSE, ids)[0])


def doer(test: ConnectionTest, asked: Whose) -> audit.Doer:
    """Who asked for the test, as the audit log names them."""
    return audit.Doer(test.user_id, asked.name, test.asked_from)


def _audit(session: Session, test: ConnectionTest, asked: Whose, account_id: int) -> None:
    action = _AUDITED.get(Purpose(test.purpose))
    if action is None:
        return
    settings = MailSettings.from_dict(test.settings)
    servers = {name: settings.server(leg) for name, leg in (("sending", Leg.SMTP), ("replies", Leg.IMAP))}
    audit.record(
        session,
        action,
        workspace_id=test.workspace_id,
        asker=doer(test, asked),
        on=audit.Object("email_account", account_id, settings.email),
        **{name: f"{server.host}:{server.port}" for name, server in servers.items()},
    )


def _put_account(
    writing: Writing, workspace_id: int, settings: MailSettings, moment: datetime
) -> tuple[int, datetime]:
    """The account's id and when it was made; one that was removed comes back with its history."""
    account = {
        "workspace_id": workspace_id,
        "email": settings.email,
        "display_name": settings.display_name,
        "domain_id": link_domain(writing, workspace_id, settings.domain, moment),
        "provider": Provider.SMTP_IMAP,
        "daily_send_limit": starting_limit(Provider.SMTP_IMAP, settings.domain),
        "connection_state": ConnectionState.OK,
        "created_at": moment,
        "removed_at": None,
        "sync_problem": None,
    }
    ((account_id, created_at),) = writing.rows(_putting_account(writing.database), account)
    return account_id, created_at


def _servers(
    writing: Writing,
    test: ConnectionTest,
    account_id: int,
    *,
    opened_with: Vault,
) -> list[dict[str, Any]]:
    """Both legs as they just passed, each password sealed anew for the row it now belongs to.

    A vault from before the test still opens what was read with it, but its key may have been rotated away since.
    """
    vault = hold_vault_within(writing, test.workspace_id)
    settings = MailSettings.from_dict(test.settings)
    rows = []
    for leg in Leg:
        address = settings.server(leg)
        password = opened_with.open(test.sealed(leg), owner=test.vault_owner, field=f"{leg}_password")
        rows.append(
            {
                "workspace_id": test.workspace_id,
                "account_id": account_id,
                "leg": leg,
                "host": address.host,
                "port": address.port,
                "security": address.security,
                "username": address.username,
                "sealed_password": vault.seal(password, owner=vault_owner(account_id, leg), field="password"),
                "allow_old_tls": settings.allow_old_tls,
                "allow_unverified": settings.allow_unverified,
                "folder": settings.imap_folder if leg == Leg.IMAP else None,
                "checked_at": now(),
                "failure_code": None,
                "failure_detail": {},
            }
        )
    return rows


@cache
def _putting_account(dialect: str) -> sa.UpdateBase:
    put = insert_or(EmailAccountHealth, dialect)
    names = ("display_name", "domain_id", "provider", "connection_state", "removed_at", "sync_problem")
    renewed = {name: put.excluded[name] for name in names}
    return put.on_conflict_do_update(index_elements=["workspace_id", "email"], set_=renewed).returning(
        EmailAccountHealth.id, EmailAccountHealth.created_at
    )


@cache
def _putting_server(dialect: str) -> _Insert:
    put = insert_or(MailServer, dialect)
    columns = table_of(MailServer).c
    renewed = {column.name: put.excluded[column.name] for column in columns if not column.primary_key}
    return put.on_conflict_do_update(index_elements=["account_id", "leg"], set_=renewed)


@cache
def _counting(dialect: str) -> _Insert:
    used = {"sent": InboxDay.sent + 1}
    return insert_or(InboxDay, dialect).on_conflict_do_update(index_elements=["account_id", "day"], set_=used)
