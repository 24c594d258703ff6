"""The ledger of decisions: what each batch of a campaign saw of its pool, and what it could not place."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account
from nimbus.models.contact import goes_with


class Batch(OfWorkspace, Base):
    """One batch of a campaign, with its pool as it was judged: every inbox and every check with its value, once.

    `pool`: for each inbox its id, its address, and [code, passes, has, asks, sentence] of each check. `turned`: those
    that were left out after that, [id, code, sentence]. Sends and deferrals name their batch. Ids are never used again.
    """

    __tablename__ = "batch"
    __table_args__ = (
        goes_with("campaign", "campaign_id"),
        sa.UniqueConstraint("workspace_id", "id"),
        sa.Index("ix_batch_campaign_id", "campaign_id", "id"),
        sa.Index("ix_batch_began_at", "began_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int]
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    asked_by: Mapped[str | None]  # the person's name; None: the timetable
    campaign_type: Mapped[str]
    floor: Mapped[int]
    pool: Mapped[list[Any]] = mapped_column(default=list)
    turned: Mapped[list[Any]] = mapped_column(default=list)
    due: Mapped[int] = mapped_column(default=0)
    placed: Mapped[int] = mapped_column(default=0)
    deferred: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how many inboxes each code kept back
    next_try: Mapped[datetime | None]
    sentence: Mapped[str | None] = mapped_column(sa.Text)  # of what was deferred


class Deferral(OfWorkspace, Base):
    """A message that found no inbox. Without a `sentence` of its own, that of its batch says why."""

    __tablename__ = "deferral"
    __table_args__ = (
        goes_with("batch", "batch_id"),
        goes_with("contact", "contact_id"),
        sa.Index("ix_deferral_contact_id", "contact_id"),
    )

    batch_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int]
    until: Mapped[datetime]
    account_id: Mapped[int | None]  # the inbox of its thread: no other may send it
    sentence: Mapped[str | None] = mapped_column(sa.Text)


class InboxRotation(OfWorkspace, Base):
    """When an inbox was last given a campaign's message, and from when on it may be given the next."""

    __tablename__ = "inbox_rotation"
    __table_args__ = (goes_with_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    last_used_at: Mapped[datetime]
    next_slot_at: Mapped[datetime]
