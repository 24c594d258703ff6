"""Rotations of a workspace's key: what is under way, and the history of what was done."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace


class KeyRotation(OfWorkspace, Base):
    """One rotation, from the moment a new key seals until the old ones are destroyed; the row is its queue.

    `total` counts the sealed values at its start, `done` those sealed again since. A workspace has at most one
    that is not finished: a unique index keeps it so. `owner` and `lease_until` fence the worker that runs it.
    """

    __tablename__ = "key_rotation"
    __table_args__ = (
        sa.Index(
            "uq_key_rotation_unfinished",
            "workspace_id",
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(
        sa.String(32)
    )  # the new one; its row may be destroyed by a later rotation
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id", ondelete="SET NULL"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    keys_destroyed: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]  # a sentence, while something keeps it from going on
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
