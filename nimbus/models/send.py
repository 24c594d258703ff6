"""Messages on their way out, one row each; and the addresses that nothing is ever sent to again."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.send_state import SendKind, SendState

# As the index of what is over has it, to be named in queries that are answered from it.
IS_OVER = "send.state IN ('sent', 'failed', 'ambiguous')"


class Send(OfWorkspace, Base):
    """One message to one recipient. The row is the queue; RQ only rings.

    `key` makes asking twice harmless: it is unique in a workspace. `owner` and `lease_until` fence the worker that
    has it; `day` and `hour` say which budgets its claim was taken from, so that exactly these are given back.
    `message` is written once, with the `message_id` and `dated_at` of the first claim in it, and never changes; but
    a person may move what certainly was not taken to another inbox, which writes it anew with the same date.
    """

    __tablename__ = "send"
    __table_args__ = (
        goes_with_account(),
        sa.UniqueConstraint("workspace_id", "key"),
        sa.UniqueConstraint("campaign_id", "contact_id", "step"),
        one_of("kind", SendKind),
        one_of("state", SendState),
        sa.Index("ix_send_due", "account_id", "state", "due_at"),
        sa.Index("ix_send_state", "state", "due_at"),
        sa.Index("ix_send_copy_state", "copy_state"),
        sa.Index("ix_send_recipient", "account_id", "recipient"),
        sa.Index("ix_send_contact", "workspace_id", "contact_id", "kind"),
        # All that figures are made of: messages are wide, and there are many.
        sa.Index(
            "ix_send_over",
            "workspace_id",
            "kind",
            "finished_at",
            "in_data_at",
            "state",
            "category",
            "account_id",
            "campaign_id",
            "step",
            "id",
            sqlite_where=sa.text(IS_OVER.removeprefix("send.")),
            postgresql_where=sa.text(IS_OVER.removeprefix("send.")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=SendState.QUEUED)
    key: Mapped[str] = mapped_column(sa.String(64))
    asked_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str | None] = mapped_column(sa.Text)  # the same words once more, for who reads HTML

    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    day: Mapped[date | None]
    hour: Mapped[datetime | None]
    in_data_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    message: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    message_id: Mapped[str | None] = mapped_column(index=True)
    # Where it left through a provider's API: its ids there, and the Message-ID that the provider gave it instead.
    provider_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    sent_message_id: Mapped[str | None] = mapped_column(index=True)
    dated_at: Mapped[datetime | None]

    # Of the last refusal, see rules/send_answers.py.
    category: Mapped[str | None] = mapped_column(sa.String(40))
    reason: Mapped[str | None]  # why it waits or failed, a sentence
    server_line: Mapped[str | None]
    # [moment, what, sentence, server line] in order.
    timeline: Mapped[list[Any]] = mapped_column(default=list)
    # Of the copy in the Sent folder: wanted, kept, failed.
    copy_state: Mapped[str | None] = mapped_column(sa.String(20))
    next_look_at: Mapped[datetime | None]  # while ambiguous: when the Sent folder is read again
    looks: Mapped[int] = mapped_column(default=0)
    resolved_by: Mapped[str | None]  # the person, or what proved it

    # Of a campaign's message: what it is, and the batch that chose its inbox. Those rows may be gone by now.
    campaign_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    step: Mapped[int | None]
    batch_id: Mapped[int | None]
    headers: Mapped[
        dict[str, Any] | None
    ]  # beside the usual ones: of its thread, and of the way to unsubscribe


class InboxHour(OfWorkspace, Base):
    """What left through an inbox in one hour of UTC: the provider's ceiling is over any 24 of them."""

    __tablename__ = "inbox_hour"
    __table_args__ = (goes_with_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(default=0)


class InboxSender(OfWorkspace, Base):
    """Who sends for an inbox now: one worker at a time, over one connection. `next_slot_at` keeps the pace."""

    __tablename__ = "inbox_sender"
    __table_args__ = (goes_with_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    next_slot_at: Mapped[datetime | None]


class Suppression(OfWorkspace, Base):
    """An address that this workspace sends nothing to any more; final once it is committed."""

    __tablename__ = "suppression"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]  # in lower case
    reason: Mapped[str] = mapped_column(sa.String(40))  # hard_bounce, complaint, opt_out, manual
    created_at: Mapped[datetime]
    send_id: Mapped[int | None]  # the send whose answer brought it here
    source: Mapped[str | None]  # else who or what did: a person's name, “the unsubscribe link”
    note: Mapped[str | None]  # what that person said about it
