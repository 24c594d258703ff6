"""The audit log of a workspace: who did what, to which object, from where."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace


class AuditEvent(OfWorkspace, Base):
    """One line, never changed. Names are kept as they were then; `actor` is None for NimbusOS itself.

    `details` say what changed, in words a person reads; a secret never gets here.
    """

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    actor: Mapped[str | None]
    address: Mapped[str | None]  # of the person's browser
    action: Mapped[str] = mapped_column(sa.String(40))
    object_kind: Mapped[str | None] = mapped_column(sa.String(40))
    object_id: Mapped[str | None] = mapped_column(sa.String(64))
    object_name: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
