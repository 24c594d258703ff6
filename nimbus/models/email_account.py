"""The connected email account: a live row that is tracked, judged and rotated on its own."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nimbus.models.base import Base, OfWorkspace, one_of
from nimbus.models.domain_health import DomainHealth
from nimbus.models.mail_server import MailServer
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.providers import ConnectionState, Provider

DEFAULT_PRIORITY = 100


class EmailAccountHealth(OfWorkspace, Base):
    """One sending inbox. Scores are 0 to 100 and rates 0 to 1; None means that no signal has come in yet.

    `is_active` is a person's switch and nobody else's. What the system stops on its own is told by
    `connection_state`, `cooldown_until` and the domain's pause. A removed account keeps its row, and so its
    history, until `removed_at` is 30 days old.
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
    rotation_priority: Mapped[int] = mapped_column(default=DEFAULT_PRIORITY)  # lower goes first
    restriction: Mapped[str] = mapped_column(default=Restriction.ANY)
    removed_at: Mapped[datetime | None]

    domain: Mapped[DomainHealth] = relationship(lazy="raise", viewonly=True)
    servers: Mapped[list[MailServer]] = relationship(lazy="raise", viewonly=True)
