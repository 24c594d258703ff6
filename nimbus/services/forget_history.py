"""Forgetting what was heard of inboxes' and domains' mail once no rule and no page reads it any more."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    DomainObservation,
    DomainSpamDay,
    HealthDay,
    InboxEvent,
    InboxMailDay,
    InboxMailHour,
)
from nimbus.models.base import table_of

HOURS_KEPT = timedelta(days=8)  # a week is read from them
DAYS_KEPT = timedelta(days=400)  # 28 days are read, the rest is what a person compares a year with
EVENTS_KEPT = timedelta(
    days=90
)  # a complaint comes weeks late, and must still find the mail that it is about
_AT_ONCE = 5000  # events in one transaction: nothing else is written meanwhile on SQLite

_EVENT = table_of(InboxEvent)


def forget_history() -> None:
    """Delete the hours, days and counted events that are kept no longer. Safe to run twice, and beside anything else."""
    moment = now()
    oldest_day = (moment - DAYS_KEPT).astimezone(UTC).date()
    with transaction() as session:
        session.execute(sa.delete(InboxMailHour).where(InboxMailHour.hour < moment - HOURS_KEPT))
        session.execute(sa.delete(InboxMailDay).where(InboxMailDay.day < oldest_day))
        session.execute(sa.delete(HealthDay).where(HealthDay.day < oldest_day))
        session.execute(sa.delete(DomainSpamDay).where(DomainSpamDay.day < oldest_day))
        session.execute(sa.delete(DomainObservation).where(DomainObservation.at < moment - EVENTS_KEPT))
    while _forget_events(moment - EVENTS_KEPT) == _AT_ONCE:
        pass


def _forget_events(heard_before: datetime) -> int:
    """The oldest events, as many as go at once; how many. They are numbered as they are heard, so the first decide."""
    first = (
        sa.select(_EVENT.c.id, _EVENT.c.heard_at, _EVENT.c.counted_at).order_by(_EVENT.c.id).limit(_AT_ONCE)
    )
    seen = db.session.execute(first).all()
    db.session.remove()
    old = [each.id for each in seen if each.heard_at < heard_before and each.counted_at is not None]
    if old:
        with transaction() as session:
            session.execute(sa.delete(InboxEvent).where(InboxEvent.id.in_(old)))
    return len(old)
