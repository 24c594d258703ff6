"""Mail that came to an inbox, one row a message however often it is listed."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.incoming import FolderRole, IncomingState
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.reply_classes import ReplyClass


class Incoming(OfWorkspace, Base):
    """One message. `identity` is made of its Message-ID, so that a folder read anew adds nothing.

    What has nothing to do with us keeps its headers only. `raw` is there until the message has been read.
    """

    __tablename__ = "incoming"
    __table_args__ = (
        goes_with_account(),
        sa.UniqueConstraint("account_id", "identity"),
        sa.UniqueConstraint("account_id", "remote_key"),
        one_of("role", FolderRole),
        one_of("state", IncomingState),
        one_of("kind", MailKind),
        one_of("reply_class", ReplyClass),
        sa.Index("ix_incoming_received_at", "workspace_id", "received_at"),
        sa.Index("ix_incoming_message_id", "workspace_id", "message_id"),
        sa.Index("ix_incoming_send_id", "send_id", "counts", "reply_class"),
        sa.Index(
            "ix_incoming_thread",
            "workspace_id",
            "thread_id",
            "received_at",
            sqlite_where=sa.text("thread_id IS NOT NULL"),
            postgresql_where=sa.text("thread_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_incoming_unread",
            "account_id",
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    role: Mapped[str] = mapped_column(sa.String(8))
    remote_key: Mapped[str]
    identity: Mapped[str] = mapped_column(sa.String(64))
    message_id: Mapped[str | None]
    in_reply_to: Mapped[str | None]
    refers_to: Mapped[list[Any]] = mapped_column(default=list)
    sender: Mapped[str]
    subject: Mapped[str]
    received_at: Mapped[datetime]
    fetched_at: Mapped[datetime]
    size: Mapped[int]

    state: Mapped[str] = mapped_column(sa.String(8))
    tries: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    raw: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    problem: Mapped[str | None]  # why it is set aside, a sentence

    # The verdict, see rules/mail_verdict.py. Without `counts` it has changed nothing.
    kind: Mapped[str | None] = mapped_column(sa.String(20))
    reply_class: Mapped[str | None] = mapped_column(sa.String(20))
    counts: Mapped[bool] = mapped_column(default=False)
    category: Mapped[str | None] = mapped_column(sa.String(40))  # of a bounce
    evidence: Mapped[list[Any] | None]
    send_id: Mapped[int | None]  # the message of ours that it is about; that row may be gone by now
    away_until: Mapped[date | None]  # the day from which somebody who is away can be written to
    text: Mapped[str | None] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)  # as it came: made safe when it is shown
    reply_text: Mapped[str | None] = mapped_column(sa.Text)  # without quotes and signature
    thread_id: Mapped[int | None]  # the conversation that it belongs to
    # [moment, who, the class before, the class after] in order: what people said it is instead.
    corrections: Mapped[list[Any]] = mapped_column(default=list)
