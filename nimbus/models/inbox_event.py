"""What happened to an inbox's mail, once each, and the counts that are kept of it so that nobody reads messages again."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.outcomes import Stream


class InboxEvent(OfWorkspace, Base):
    """One thing that was heard of an inbox's mail. `cause` makes hearing it twice harmless.

    `at` is when the mail was sent, `heard_at` when this was known. Without a stream it is about no mail that counts: a
    connection test. `counted_at` is set with the counts, in one transaction.
    """

    __tablename__ = "inbox_event"
    __table_args__ = (
        goes_with_account(),
        sa.UniqueConstraint("account_id", "kind", "cause"),
        sa.Index("ix_inbox_event_heard_at", "account_id", "heard_at"),
        sa.Index(
            "ix_inbox_event_uncounted",
            "workspace_id",
            sqlite_where=sa.text("counted_at IS NULL"),
            postgresql_where=sa.text("counted_at IS NULL"),
        ),
        one_of("kind", EventKind),
        one_of("stream", Stream),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    kind: Mapped[str]
    stream: Mapped[str | None]
    cause: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]
    heard_at: Mapped[datetime]
    send_id: Mapped[int | None]
    detail: Mapped[str | None] = mapped_column(sa.Text)  # what the server said, or a person
    counted_at: Mapped[datetime | None]


class _Counts(OfWorkspace):
    """What was sent in some time, and what was heard of it, whenever that was."""

    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    complaints: Mapped[int] = mapped_column(default=0)
    in_inbox: Mapped[int] = mapped_column(default=0)
    in_spam: Mapped[int] = mapped_column(default=0)


class InboxMailHour(_Counts, Base):
    """The counts of an hour of UTC. The rates of a week are read from these, so they are kept a little longer."""

    __tablename__ = "inbox_mail_hour"
    __table_args__ = (goes_with_account(), one_of("stream", Stream))

    account_id: Mapped[int] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(sa.String(12), primary_key=True)


class InboxMailDay(_Counts, Base):
    """The counts of a day of UTC: what reputation remembers, and the history."""

    __tablename__ = "inbox_mail_day"
    __table_args__ = (goes_with_account(), one_of("stream", Stream))

    account_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(sa.String(12), primary_key=True)


class InboxRecent(OfWorkspace, Base):
    """How the last attempts of an inbox ended, in order: [send's id, moment, stream, outcome]."""

    __tablename__ = "inbox_recent"
    __table_args__ = (goes_with_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    attempts: Mapped[list[Any]] = mapped_column(default=list)
