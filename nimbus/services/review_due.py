"""When inboxes are judged: after what was heard of them, each day once, and whenever somebody asks."""

from datetime import timedelta

import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxEvent, InboxHealthState, InboxMailHour, Workspace
from nimbus.models.base import table_of
from nimbus.services.count_events import count_events
from nimbus.services.review_inboxes import review_inboxes

HOURS_KEPT = timedelta(days=8)  # a week is read from them


def review_workspace(workspace_id: int) -> None:
    """Count what was heard, and judge the inboxes that it is about or whose day is new."""
    count_events(workspace_id)
    review_inboxes(workspace_id)


def ring_for_due() -> None:
    """Ring for every workspace that has something to count or to judge."""
    moment = now()
    for workspace_id, timezone in db.session.execute(sa.select(Workspace.id, Workspace.timezone)).all():
        if db.session.scalar(sa.select(_is_due(workspace_id, timezone))):
            queues.ring(queues.REVIEW, workspace_id)
    old = InboxMailHour.hour < moment - HOURS_KEPT
    if db.session.scalar(sa.select(sa.exists().where(old))):
        with transaction() as session:
            session.execute(sa.delete(InboxMailHour).where(old))


def _is_due(workspace_id: int, timezone: str) -> sa.ColumnElement[bool]:
    state, account = table_of(InboxHealthState), table_of(EmailAccountHealth)
    today = local_day(now(), timezone)
    uncounted = sa.exists().where(InboxEvent.workspace_id == workspace_id, InboxEvent.counted_at.is_(None))
    judged = sa.exists().where(
        state.c.account_id == account.c.id, state.c.dirty_at.is_(None), state.c.reviewed_day == today
    )
    waits = sa.exists().where(account.c.workspace_id == workspace_id, account.c.removed_at.is_(None), ~judged)
    return sa.or_(uncounted, waits)
