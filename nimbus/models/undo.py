"""What a change of many accounts can be taken back with, for a while."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account


class Undo(OfWorkspace, Base):
    """One change of many accounts. The button holds a token; only its hash is kept, and it serves who made the change.

    `change` is the change itself (services/account_changes.py) and so what an account must still have to be restored.
    """

    __tablename__ = "undo"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    change: Mapped[list[Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UndoValue(OfWorkspace, Base):
    """What one account had before. The row goes when that was restored, so that it happens once."""

    __tablename__ = "undo_value"
    __table_args__ = (
        goes_with_account(),
        sa.ForeignKeyConstraint(
            ["workspace_id", "undo_id"], ["undo.workspace_id", "undo.id"], ondelete="CASCADE"
        ),
    )

    undo_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[list[Any]]
