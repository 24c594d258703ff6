"""The tenant, and the keys its secrets are sealed with."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace


class Workspace(Base):
    """One agency. `timezone` is an IANA name; it decides which day a send counts for."""

    __tablename__ = "workspace"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="UTC")
    created_at: Mapped[datetime]


class WorkspaceKey(OfWorkspace, Base):
    """A data key of a workspace, wrapped by the instance key. The newest one seals; the older ones still open."""

    __tablename__ = "workspace_key"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    wrapped: Mapped[str]
    created_at: Mapped[datetime]
