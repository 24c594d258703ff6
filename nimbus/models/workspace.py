"""The tenant, and the keys its secrets are sealed with."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace

DEFAULT_ROTATION_DAYS = 90


class Workspace(Base):
    """One agency. `timezone` is an IANA name; it decides which day a send counts for.

    `account_limit` is how many inboxes the owner of the installation lets it have; None for no limit.
    """

    __tablename__ = "workspace"
    __table_args__ = (
        sa.CheckConstraint("rotation_days BETWEEN 1 AND 3650", name="rotation_days"),
        sa.CheckConstraint("account_limit >= 0", name="account_limit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="UTC")
    created_at: Mapped[datetime]
    rotation_days: Mapped[int] = mapped_column(default=DEFAULT_ROTATION_DAYS)
    account_limit: Mapped[int | None]


class WorkspaceKey(OfWorkspace, Base):
    """A data key of a workspace. The newest one seals; the older ones still open.

    `wrapped` is the key as the instance key with the id `wrapped_by` encrypted it. That id is None only in a
    database from before instance keys had ids, and until the first start with its key.
    """

    __tablename__ = "workspace_key"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    wrapped: Mapped[str]
    wrapped_by: Mapped[str | None] = mapped_column(sa.String(16))
    created_at: Mapped[datetime]
