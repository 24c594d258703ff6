"""Reading what is remembered of one inbox's health: its days, its cooldowns, and what was heard of its mail."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.event_queries import PAGE
from nimbus.models.inbox_event import InboxEvent
from nimbus.models.inbox_health import CooldownRow, HealthDay
from nimbus.models.send import InboxHour, InboxSender, Send
from nimbus.rules.inbox_events import EventKind


def list_health_days(
    session: Session, workspace_id: int, account_id: int, since: date
) -> Sequence[HealthDay]:
    """How an inbox stood on each day from `since` on that has a figure, the oldest first."""
    query = sa.select(HealthDay).where(
        HealthDay.workspace_id == workspace_id, HealthDay.account_id == account_id, HealthDay.day >= since
    )
    return session.scalars(query.order_by(HealthDay.day)).all()


def list_cooldowns(session: Session, workspace_id: int, account_id: int, most: int) -> Sequence[CooldownRow]:
    """The last cooldowns of an inbox, the newest first."""
    query = sa.select(CooldownRow).where(
        CooldownRow.workspace_id == workspace_id, CooldownRow.account_id == account_id
    )
    return session.scalars(
        query.order_by(CooldownRow.began_at.desc(), CooldownRow.id.desc()).limit(most)
    ).all()


def list_heard(
    session: Session, workspace_id: int, account_id: int, *, before: int | None = None
) -> tuple[Sequence[InboxEvent], int | None]:
    """A page of what was heard of an inbox's mail, the newest first, and the id to ask for what is older."""
    query = sa.select(InboxEvent).where(
        InboxEvent.workspace_id == workspace_id, InboxEvent.account_id == account_id
    )
    if before is not None:
        query = query.where(InboxEvent.id < before)
    heard = session.scalars(query.order_by(InboxEvent.id.desc()).limit(PAGE + 1)).all()
    return heard[:PAGE], heard[PAGE - 1].id if len(heard) > PAGE else None


def heard_of(
    session: Session, workspace_id: int, account_id: int, *, sends: Collection[int], causes: Collection[str]
) -> Sequence[InboxEvent]:
    """What was heard of these messages, and under these causes, but for their having left."""
    return session.scalars(
        sa.select(InboxEvent)
        .where(
            InboxEvent.workspace_id == workspace_id,
            InboxEvent.account_id == account_id,
            InboxEvent.kind != EventKind.SENT,
            sa.or_(InboxEvent.send_id.in_(sends), InboxEvent.cause.in_(causes)),
        )
        .order_by(InboxEvent.heard_at, InboxEvent.id)
    ).all()


def kept_sends(session: Session, workspace_id: int, ids: Collection[int]) -> set[int]:
    """Those of these messages that still have a page."""
    return set(session.scalars(sa.select(Send.id).where(Send.workspace_id == workspace_id, Send.id.in_(ids))))


def used_by_hour(
    session: Session, workspace_id: int, account_id: int, since: datetime
) -> dict[datetime, int]:
    """How many messages left through an inbox in each hour of UTC from `since` on."""
    rows = session.execute(
        sa.select(InboxHour.hour, InboxHour.used).where(
            InboxHour.workspace_id == workspace_id,
            InboxHour.account_id == account_id,
            InboxHour.hour >= since,
        )
    )
    return {row.hour: row.used for row in rows}


def next_slot(session: Session, workspace_id: int, account_id: int) -> datetime | None:
    """When the pace of an inbox lets its next message leave; None: nothing has left yet."""
    query = sa.select(InboxSender.next_slot_at).where(
        InboxSender.workspace_id == workspace_id, InboxSender.account_id == account_id
    )
    return session.scalar(query)
