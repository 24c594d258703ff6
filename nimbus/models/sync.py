"""How far each inbox has been read: whose turn it is, what is wrong, and a cursor for each watched folder."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.incoming import FolderRole


class InboxSync(OfWorkspace, Base):
    """One inbox as the sync sees it. The row is the queue: `next_at` says when it is read again.

    `owner` and `lease_until` fence the worker that reads it, and count against what its server is asked at once.
    `synced_at` is the last time that everything there was had been fetched; `heard_at` when anything new last was.
    """

    __tablename__ = "inbox_sync"
    __table_args__ = (
        goes_with_account(),
        sa.Index("ix_inbox_sync_next_at", "next_at"),
        sa.Index("ix_inbox_sync_lease_until", "lease_until"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    asked_by: Mapped[str | None]  # who pressed “Sync now”, until that is done
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    synced_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    problem: Mapped[str | None] = mapped_column(sa.Text)  # what the last try failed at, a sentence
    server_line: Mapped[str | None]
    backlog: Mapped[int] = mapped_column(default=0)  # what the first look found, 0 once it is fetched
    backlog_done: Mapped[int] = mapped_column(default=0)
    folders: Mapped[list[Any]] = mapped_column(default=list)  # [name, role, messages] as last listed
    listed_at: Mapped[datetime | None]


class SyncFolder(OfWorkspace, Base):
    """The cursor of one watched folder; it moves in the transaction that keeps the messages it has passed.

    IMAP: `uid_validity` and `last_uid`. Gmail and Graph: `cursor`, a history id or a delta link.
    """

    __tablename__ = "sync_folder"
    __table_args__ = (goes_with_account(), one_of("role", FolderRole))

    account_id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    name: Mapped[str]
    uid_validity: Mapped[int | None] = mapped_column(sa.BigInteger)
    last_uid: Mapped[int | None] = mapped_column(sa.BigInteger)
    cursor: Mapped[str | None] = mapped_column(sa.Text)
    messages: Mapped[int | None]  # in the folder, as the server counts them
    synced_at: Mapped[datetime | None]
