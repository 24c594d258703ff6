"""Reading how far an inbox was read, and how much of what came to it is here."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.incoming import Incoming
from nimbus.models.sync import InboxSync, SyncFolder
from nimbus.rules.mail_verdict import MailKind


class Kept(NamedTuple):
    """What is here of a folder: how many messages, when the newest came, and how many are this installation's own."""

    messages: int
    newest_at: datetime | None
    own: int


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
