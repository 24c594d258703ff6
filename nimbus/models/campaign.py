"""Campaigns: their steps, the inboxes of their pools, and where each contact stands in them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.models.contact import goes_with
from nimbus.rules.campaign_state import CampaignState, ContactState
from nimbus.rules.campaign_types import DEFAULT_FLOOR, CampaignType
from nimbus.rules.follow_up import Stop


class Campaign(OfWorkspace, Base):
    """One campaign. Hours are minutes since midnight in `timezone`, on `days` (Monday is 0).

    `next_at` is when its next batch is due, and `asked_by` who asked for it, where somebody did; `owner` and
    `lease_until` fence the batch that runs. `throttled_since` follows from the last batch, and goes with the first that leaves nothing deferred.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "id"),
        one_of("campaign_type", CampaignType),
        one_of("state", CampaignState),
        sa.CheckConstraint("min_health_score BETWEEN 0 AND 100", name="min_health_score"),
        sa.Index("ix_campaign_next_at", "state", "next_at"),
        # What was sent keeps the id of its campaign when that is gone, so none is used again.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    campaign_type: Mapped[str]
    min_health_score: Mapped[int] = mapped_column(default=DEFAULT_FLOOR)
    state: Mapped[str] = mapped_column(default=CampaignState.DRAFT)
    timezone: Mapped[str]
    days: Mapped[list[Any]] = mapped_column(default=lambda: [0, 1, 2, 3, 4])
    opens: Mapped[int] = mapped_column(default=9 * 60)
    closes: Mapped[int] = mapped_column(default=17 * 60)
    book_id: Mapped[int | None]  # its audience, as it was chosen; the book may be gone by now
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    asked_by: Mapped[str | None]
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    throttled_since: Mapped[datetime | None]


class CampaignStep(OfWorkspace, Base):
    """One step, `number` from 0. Only the first has a subject: the others answer in its thread.

    `html` is as it was typed: what is not allowed is taken out of each message as it is written.
    """

    __tablename__ = "campaign_step"
    __table_args__ = (goes_with("campaign", "campaign_id"),)

    campaign_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    delay_days: Mapped[int]
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text, default="")


class CampaignInbox(OfWorkspace, Base):
    """That an inbox is in a campaign's pool; it may be in any number of them."""

    __tablename__ = "campaign_inbox"
    __table_args__ = (
        goes_with("campaign", "campaign_id"),
        goes_with_account(),
        sa.Index("ix_campaign_inbox_account_id", "account_id"),
    )

    campaign_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True)


class CampaignContact(OfWorkspace, Base):
    """Where a contact stands in a campaign: the next step, when it is due, and the inbox of its thread, once it has one.

    `deferrals` counts how often this step found no inbox. The inbox outlives its account here, so that a sequence is
    never begun twice.
    """

    __tablename__ = "campaign_contact"
    __table_args__ = (
        goes_with("campaign", "campaign_id"),
        goes_with("contact", "contact_id"),
        one_of("state", ContactState),
        one_of("stopped_by", Stop),
        sa.Index("ix_campaign_contact_due", "campaign_id", "state", "due_at"),
        sa.Index("ix_campaign_contact_contact_id", "contact_id"),
    )

    campaign_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default=ContactState.WAITING)
    step: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    away_until: Mapped[datetime | None]  # by an automatic answer; nothing is due before
    account_id: Mapped[int | None]
    deferrals: Mapped[int] = mapped_column(default=0)
    stopped_by: Mapped[str | None]
    problem: Mapped[str | None] = mapped_column(sa.Text)
