"""When inboxes are judged: after what was heard of them, each day once, and whenever somebody asks."""

import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import (
    EmailAccountHealth,
    HealthEvent,
    InboxEvent,
    InboxHealthState,
    Workspace,
)
from nimbus.models.base import table_of
from nimbus.services.asker import Asker
from nimbus.services.count_events import count_events
from nimbus.services.health_reads import is_judged
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.update_account import NoSuchAccount

_TRIES = 3  # somebody may change the inbox between the reading and the writing


def review_workspace(workspace_id: int) -> None:
    """Count what was heard, and judge the inboxes that it is about or whose day is new."""
    count_events(workspace_id)
    review_inboxes(workspace_id)


def review_now(asker: Asker, account_id: int) -> list[str]:
    """Count and judge one inbox because a person asks; what its log says of it now that it did not say before.

    Empty where nothing has changed. Raises NoSuchAccount.
    """
    wanted = sa.select(EmailAccountHealth.id).where(
        EmailAccountHealth.workspace_id == asker.workspace_id,
        EmailAccountHealth.id == account_id,
        EmailAccountHealth.removed_at.is_(None),
    )
    if db.session.scalar(wanted) is None:
        raise NoSuchAccount("This account no longer exists.")
    log = HealthEvent.account_id == account_id
    last = db.session.scalar(sa.select(sa.func.max(HealthEvent.id)).where(log)) or 0
    db.session.remove()
    count_events(asker.workspace_id)
    for _ in range(_TRIES):
        if review_inboxes(asker.workspace_id, only_dirty=False, of_account=account_id):
            break
    news = sa.select(HealthEvent.sentence).where(log, HealthEvent.id > last).order_by(HealthEvent.id)
    return list(db.session.scalars(news))


def ring_for_due() -> None:
    """Ring for every workspace that has something to count or to judge."""
    for workspace_id, timezone in db.session.execute(sa.select(Workspace.id, Workspace.timezone)).all():
        if db.session.scalar(sa.select(_is_due(workspace_id, timezone))):
            queues.ring(queues.REVIEW, workspace_id)


def _is_due(workspace_id: int, timezone: str) -> sa.ColumnElement[bool]:
    state, account = table_of(InboxHealthState), table_of(EmailAccountHealth)
    uncounted = sa.exists().where(InboxEvent.workspace_id == workspace_id, InboxEvent.counted_at.is_(None))
    judged = sa.exists().where(state.c.account_id == account.c.id, is_judged(local_day(now(), timezone)))
    waits = sa.exists().where(account.c.workspace_id == workspace_id, account.c.removed_at.is_(None), ~judged)
    return sa.or_(uncounted, waits)
