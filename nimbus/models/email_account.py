"""The connected email account: a live row that is tracked, judged and rotated on its own."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nimbus.models.base import Base, OfWorkspace, one_of
from nimbus.models.domain_health import DomainHealth
from nimbus.models.mail_server import MailServer
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.health_hold import HoldState
from nimbus.rules.limit_ramp import LimitMode
from nimbus.rules.providers import ConnectionState, Provider

DEFAULT_PRIORITY = 100


class EmailAccountHealth(OfWorkspace, Base):
    """One sending inbox. Scores are 0 to 100 and rates 0 to 1; None means that no signal has come in yet.

    `is_active` is a person's switch and nobody else's. What the system stops on its own is told by
    `connection_state`, `hold_state`, `cooldown_until` and the domain's pause. `health_version` counts every change of
    what today's limit is read from: whoever has decided by an older one decides again. A removed account keeps its
    row, and so its history, until `removed_at` is 30 days old.
    """

    __tablename__ = "email_account_health"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "email"),
        sa.UniqueConstraint("workspace_id", "id"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "domain_id"], ["domain_health.workspace_id", "domain_health.id"]
        ),
        one_of("provider", Provider),
        one_of("connection_state", ConnectionState),
        one_of("restriction", Restriction),
        one_of("hold_state", HoldState),
        one_of("cooldown_kind", CooldownKind),
        one_of("limit_mode", LimitMode),
        sa.CheckConstraint("current_stage BETWEEN 0 AND 5", name="current_stage"),
        sa.CheckConstraint("daily_send_limit >= 0", name="daily_send_limit"),
        sa.CheckConstraint("rotation_priority BETWEEN 1 AND 1000", name="rotation_priority"),
        sa.CheckConstraint("overall_score BETWEEN 0 AND 100", name="overall_score"),
        sa.CheckConstraint("reputation_score BETWEEN 0 AND 100", name="reputation_score"),
        sa.CheckConstraint("warmup_progress BETWEEN 0 AND 100", name="warmup_progress"),
        sa.CheckConstraint("bounce_rate_7d BETWEEN 0 AND 1", name="bounce_rate_7d"),
        sa.CheckConstraint("complaint_rate_7d BETWEEN 0 AND 1", name="complaint_rate_7d"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    display_name: Mapped[str]
    provider: Mapped[str]
    domain_id: Mapped[int] = mapped_column(index=True)
    created_at: Mapped[datetime]

    overall_score: Mapped[float | None]
    reputation_score: Mapped[float | None]
    warmup_progress: Mapped[int] = mapped_column(default=0)  # cosmetic: no decision reads it
    current_stage: Mapped[int] = mapped_column(default=0)
    daily_send_limit: Mapped[int]
    bounce_rate_7d: Mapped[float | None]
    complaint_rate_7d: Mapped[float | None]

    is_active: Mapped[bool] = mapped_column(default=True)
    is_active_changed_at: Mapped[datetime | None]
    is_active_changed_by: Mapped[str | None]
    connection_state: Mapped[str] = mapped_column(default=ConnectionState.OK)
    cooldown_until: Mapped[datetime | None]
    cooldown_kind: Mapped[str | None]  # of the cooldown that ends last
    needs_acknowledgement: Mapped[bool] = mapped_column(default=False)  # no clock ends it: an owner has to
    hold_state: Mapped[str] = mapped_column(default=HoldState.NONE)
    warmup_off_at: Mapped[datetime | None]  # since when a person keeps it out of warmup

    # What the last look found (services/review_inboxes.py): its record, and why it is not a stage higher.
    score_record: Mapped[dict[str, Any] | None]
    stage_sentence: Mapped[str | None]
    bounce_count: Mapped[int] = mapped_column(default=0)
    bounce_of: Mapped[int] = mapped_column(default=0)
    complaint_count: Mapped[int] = mapped_column(default=0)
    complaint_of: Mapped[int] = mapped_column(default=0)
    rates_basis: Mapped[str | None] = mapped_column(sa.String(12))

    # What today's limit is read from, beside the daily limit, the score and the hold.
    limit_mode: Mapped[str] = mapped_column(default=LimitMode.AUTOMATIC)
    is_personal: Mapped[bool] = mapped_column(default=False)  # a person writes from it as well
    stated_ceiling: Mapped[int | None]  # what its owner knows the provider to let it send
    health_level: Mapped[int] = mapped_column(default=0)  # rules/levels.py, the worse of both rates
    health_cooldown_ends: Mapped[datetime | None]  # of the last one that was about its health
    provider_limit_at: Mapped[datetime | None]  # when the provider last said "enough"
    sent_before_limit: Mapped[int | None]  # in the 24 hours before
    effective_limit: Mapped[
        int | None
    ]  # today's number when that was last worked out; what sends works it out anew
    health_version: Mapped[int] = mapped_column(default=0)

    # Of its own mail server, by what the check of its domain found (services/pause_servers.py).
    server_listed_on: Mapped[str | None]  # a list of high severity that has an address of it
    server_pause_reason: Mapped[str | None] = mapped_column(sa.Text)

    # Why its replies are not read, where it has no server of which that could be said; see services/sync_record.py.
    sync_problem: Mapped[str | None] = mapped_column(sa.Text)

    rotation_priority: Mapped[int] = mapped_column(default=DEFAULT_PRIORITY)  # lower goes first
    restriction: Mapped[str] = mapped_column(default=Restriction.ANY)
    removed_at: Mapped[datetime | None]

    domain: Mapped[DomainHealth] = relationship(lazy="raise", viewonly=True)
    servers: Mapped[list[MailServer]] = relationship(lazy="raise", viewonly=True)

    @property
    def todays_limit(self) -> int:
        """What pages show of today's limit; whatever sends works it out anew."""
        return self.daily_send_limit if self.effective_limit is None else self.effective_limit
