"""Conversations: what one inbox and one person wrote to each other."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.reply_classes import ReplyClass


class Thread(OfWorkspace, Base):
    """One inbox and one address that it wrote to. `last_id` is the newest message that came, `last_at` its moment.

    Open until a person, or NimbusOS where nobody has to look at it, says that it is done; another answer opens it again.
    """

    __tablename__ = "thread"
    __table_args__ = (
        goes_with_account(),
        sa.UniqueConstraint("account_id", "address"),
        one_of("reply_class", ReplyClass),
        sa.Index("ix_thread_last_at", "workspace_id", "last_at", "id"),
        sa.Index(
            "ix_thread_open",
            "workspace_id",
            "last_at",
            "id",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    address: Mapped[str]  # as it was written to
    subject: Mapped[str]  # of our message
    # Of the last message that was answered; that row may be gone by now.
    campaign_id: Mapped[int | None] = mapped_column(index=True)
    last_at: Mapped[datetime]
    last_id: Mapped[int]
    reply_class: Mapped[str] = mapped_column(sa.String(20))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]  # None where NimbusOS did what there was to do
