"""Reading how far an inbox was read, and how much of what came to it is here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.incoming import Incoming
from nimbus.models.mail_server import MailServer
from nimbus.models.sync import InboxSync, SyncFolder
from nimbus.rules.connection_test import Leg
from nimbus.rules.incoming import FolderRole
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.providers import ConnectionState


class Kept(NamedTuple):
    """What is here of a folder: how many messages, when the newest came, and how many are this installation's own."""

    messages: int
    newest_at: datetime | None
    own: int


class Reading(NamedTuple):
    """How the inboxes of a workspace are read: how many there are, how many were lately, and when the last one was."""

    inboxes: int
    synced: int
    last_at: datetime | None


class Silent(NamedTuple):
    """An inbox that nothing has ever come to. `folders`: as listed; `watched`: where its replies are looked for."""

    id: int
    email: str
    watched: str
    folders: list[Any]


def count_synced(session: Session, workspace_id: int, since: datetime) -> Reading:
    """How many connected inboxes were read since a moment."""
    synced = sa.case((InboxSync.synced_at >= since, 1), else_=0)
    figures = sa.func.count(), sa.func.coalesce(sa.func.sum(synced), 0), sa.func.max(InboxSync.synced_at)
    query = sa.select(*figures).select_from(EmailAccountHealth)
    of_inbox = InboxSync.account_id == EmailAccountHealth.id
    return Reading(
        *session.execute(query.outerjoin(InboxSync, of_inbox).where(*_connected(workspace_id))).one()
    )


def not_syncing(session: Session, workspace_id: int) -> Sequence[EmailAccountHealth]:
    """The connected inboxes whose mail cannot be read until a person does something."""
    refused = sa.exists().where(
        MailServer.account_id == EmailAccountHealth.id,
        MailServer.leg == Leg.IMAP,
        MailServer.failure_code.is_not(None),
    )
    is_lost = EmailAccountHealth.connection_state != ConnectionState.OK
    in_trouble = sa.or_(is_lost, EmailAccountHealth.sync_problem.is_not(None), refused)
    return session.scalars(
        sa.select(EmailAccountHealth)
        .where(*_connected(workspace_id), in_trouble)
        .order_by(EmailAccountHealth.email)
        .options(selectinload(EmailAccountHealth.servers))
    ).all()


def silent_inboxes(session: Session, workspace_id: int) -> list[Silent]:
    """The inboxes that are read well and where nothing was ever found."""
    rows = session.execute(
        sa.select(EmailAccountHealth.id, EmailAccountHealth.email, SyncFolder.name, InboxSync.folders)
        .join(InboxSync, InboxSync.account_id == EmailAccountHealth.id)
        .join(SyncFolder, SyncFolder.account_id == EmailAccountHealth.id)
        .where(
            *_connected(workspace_id),
            SyncFolder.role == FolderRole.INBOX,
            InboxSync.heard_at.is_(None),
            InboxSync.synced_at.is_not(None),
        )
        .order_by(EmailAccountHealth.email)
    )
    return [Silent(*row) for row in rows]


def find_sync(session: Session, workspace_id: int, account_id: int) -> InboxSync | None:
    """How an inbox is read; None before anybody has looked."""
    return session.scalar(
        sa.select(InboxSync)
        .where(InboxSync.workspace_id == workspace_id, InboxSync.account_id == account_id)
        .execution_options(populate_existing=True)
    )


def watched_folders(session: Session, workspace_id: int, account_id: int) -> dict[str, str]:
    """The names of the folders that are read, by their role."""
    mine = (SyncFolder.workspace_id == workspace_id, SyncFolder.account_id == account_id)
    rows = session.execute(sa.select(SyncFolder.role, SyncFolder.name).where(*mine))
    return {role: name for role, name in rows}  # noqa: C416 - mypy knows no dict() of rows


def kept_by_role(session: Session, workspace_id: int, account_id: int) -> dict[str, Kept]:
    """What came to an inbox, by where it lay when it was last seen."""
    mine = (Incoming.workspace_id == workspace_id, Incoming.account_id == account_id)
    own = sa.func.count().filter(Incoming.kind.in_((MailKind.TEST, MailKind.WARMUP, MailKind.SENT)))
    counts = sa.func.count(), sa.func.max(Incoming.received_at), own
    rows = session.execute(sa.select(Incoming.role, *counts).where(*mine).group_by(Incoming.role))
    return {role: Kept(count, newest, ours) for role, count, newest, ours in rows}


def _connected(workspace_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.removed_at.is_(None)
