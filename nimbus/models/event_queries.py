"""Reading an account's log, newest first."""

from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.health_event import EventTone, HealthEvent

PAGE = 25


class EventFilter(StrEnum):
    """Which lines of a log somebody wants to see."""

    ALL = "all"
    DECISIONS = "decisions"  # those with what was before and after
    ERRORS = "errors"


def list_events(
    session: Session,
    workspace_id: int,
    account_id: int,
    *,
    before: int | None = None,
    wanted: EventFilter = EventFilter.ALL,
    most: int | None = None,
) -> tuple[Sequence[HealthEvent], int | None]:
    """A page of an account's log, PAGE lines or so many, and the id to ask for what is older (None at the end)."""
    most = most or PAGE
    query = sa.select(HealthEvent).where(
        HealthEvent.workspace_id == workspace_id, HealthEvent.account_id == account_id
    )
    if wanted is EventFilter.DECISIONS:
        query = query.where(HealthEvent.after.is_not(None))
    elif wanted is EventFilter.ERRORS:
        query = query.where(HealthEvent.tone == EventTone.BAD)
    if before is not None:
        query = query.where(HealthEvent.id < before)
    events = session.scalars(query.order_by(HealthEvent.id.desc()).limit(most + 1)).all()
    return events[:most], events[most - 1].id if len(events) > most else None
