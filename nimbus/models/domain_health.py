"""The health of a sending domain, shared by all inboxes on it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace


class DomainHealth(OfWorkspace, Base):
    """One row per workspace and sending domain. `name` is the part after @, in lower case and ASCII form.

    `paused_at` with `pause_reason` (a sentence) holds every inbox of the domain until it is cleared.
    """

    __tablename__ = "domain_health"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "name"), sa.UniqueConstraint("workspace_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
