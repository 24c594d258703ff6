"""Reading the list of suppressed addresses."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.send import Suppression

PAGE = 50


def list_suppressed(
    session: Session, workspace_id: int, text: str = "", *, before: int | None = None, most: int = PAGE
) -> tuple[Sequence[Suppression], int | None]:
    """At most that many addresses, the newest first, and the id to ask for what is older (None at the end)."""
    query = sa.select(Suppression).where(Suppression.workspace_id == workspace_id)
    if text:
        query = query.where(Suppression.email.contains(text.lower(), autoescape=True))
    if before is not None:
        query = query.where(Suppression.id < before)
    rows = session.scalars(query.order_by(Suppression.id.desc()).limit(most + 1)).all()
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def find_suppressed(session: Session, workspace_id: int, suppression_id: int) -> Suppression | None:
    """A row of this workspace's list; None for any other id."""
    return session.scalar(
        sa.select(Suppression).where(
            Suppression.workspace_id == workspace_id, Suppression.id == suppression_id
        )
    )


def count_suppressed(session: Session, workspace_id: int) -> int:
    """How many addresses a workspace sends nothing to."""
    return (
        session.scalar(
            sa.select(sa.func.count(Suppression.id)).where(Suppression.workspace_id == workspace_id)
        )
        or 0
    )
