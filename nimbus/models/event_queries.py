"""Reading an account's log, newest first."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.health_event import HealthEvent

PAGE = 25


def list_events(
    session: Session, workspace_id: int, account_id: int, *, before: int | None = None
) -> tuple[Sequence[HealthEvent], int | None]:
    """A page of an account's log, and the id to ask for what is older (None at the end)."""
    query = sa.select(HealthEvent).where(
        HealthEvent.workspace_id == workspace_id, HealthEvent.account_id == account_id
    )
    if before is not None:
        query = query.where(HealthEvent.id < before)
    events = session.scalars(query.order_by(HealthEvent.id.desc()).limit(PAGE + 1)).all()
    return events[:PAGE], events[PAGE - 1].id if len(events) > PAGE else None
