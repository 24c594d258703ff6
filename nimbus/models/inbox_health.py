"""What is remembered of an inbox's health between two looks, its cooldowns, and how each of its days ended."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.cooldown_kinds import CooldownKind


class InboxHealthState(OfWorkspace, Base):
    """The memory of the rules (`HealthHold`, `Standing`) and of what is counted for ever; the rest is the account's.

    `dirty_at`: since when something happened that no look has judged; None: nothing has. `left_…`: the account as the
    last look left it, so that one which somebody has changed since is looked at again.
    """

    __tablename__ = "inbox_health_state"
    __table_args__ = (goes_with_account(), sa.Index("ix_inbox_health_state_dirty_at", "dirty_at"))

    account_id: Mapped[int] = mapped_column(primary_key=True)
    hold_since: Mapped[datetime | None]
    hold_causes: Mapped[list[Any]] = mapped_column(default=list)
    holds_begun: Mapped[list[Any]] = mapped_column(default=list)
    good_since: Mapped[datetime | None]
    judged_from: Mapped[datetime | None]
    said_fixed_at: Mapped[datetime | None]
    said_fixed_by: Mapped[str | None]

    fallen_from: Mapped[int | None]
    fallen_to: Mapped[int | None]
    fallen_sends: Mapped[int | None]
    fell_at: Mapped[datetime | None]
    is_critical: Mapped[bool] = mapped_column(default=False)
    elevated_days: Mapped[int] = mapped_column(default=0)
    elevated_on: Mapped[date | None]
    answered: Mapped[int] = mapped_column(default=0)

    raised_on: Mapped[date | None]
    raised_at: Mapped[datetime | None]
    warmup_sends: Mapped[int] = mapped_column(default=0)
    last_mail_at: Mapped[datetime | None]
    dirty_at: Mapped[datetime | None]
    reviewed_day: Mapped[date | None]
    left_version: Mapped[int | None]
    left_connection: Mapped[str | None]


class CooldownRow(OfWorkspace, Base):
    """One cooldown of an inbox. `events` are the causes of what it began with; `cause` makes beginning it twice harmless."""

    __tablename__ = "cooldown"
    __table_args__ = (
        goes_with_account(),
        sa.UniqueConstraint("account_id", "kind", "cause"),
        sa.Index("ix_cooldown_began_at", "account_id", "began_at"),
        one_of("kind", CooldownKind),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    kind: Mapped[str]
    began_at: Mapped[datetime]
    until: Mapped[datetime]
    step: Mapped[int]
    cause: Mapped[str] = mapped_column(sa.String(200))
    events: Mapped[list[Any]] = mapped_column(default=list)
    said: Mapped[str] = mapped_column(sa.Text)  # why, for a person
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]


class HealthDay(OfWorkspace, Base):
    """How an inbox stood at the end of a day of the workspace's zone; `was_…`: at any time of it."""

    __tablename__ = "health_day"
    __table_args__ = (goes_with_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    score: Mapped[int]
    reputation: Mapped[int]
    stage: Mapped[int]
    limit: Mapped[int]
    was_held: Mapped[bool]
    was_cooling: Mapped[bool]
    was_domain_paused: Mapped[bool]
