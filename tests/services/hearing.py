"""What was heard of an inbox's mail, written as events, and what the counts then say."""

from datetime import timedelta
from itertools import count

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import InboxEvent, InboxMailDay, InboxMailHour, InboxRecent

_numbers = count(1_000_000)


def hear(workspace_id, account_id, *kinds, times=1, stream="production", ago=timedelta(hours=1), **values):
    """Events of these kinds about so many messages, each sent a second after the one before; their sends' ids."""
    ids = [next(_numbers) for _ in range(times)]
    with transaction() as session:
        for place, send_id in enumerate(ids):
            about = {
                "send_id": send_id,
                "cause": f"send:{send_id}",
                "at": now() - ago + timedelta(seconds=place),
            }
            session.add_all(
                InboxEvent(
                    workspace_id=workspace_id,
                    account_id=account_id,
                    kind=kind,
                    stream=stream,
                    heard_at=now(),
                    **about | values,
                )
                for kind in kinds
            )
            session.flush()
    return ids


def events(account_id):
    """Everything that was heard, in order."""
    db.session.rollback()
    found = db.session.scalars(
        sa.select(InboxEvent).where(InboxEvent.account_id == account_id).order_by(InboxEvent.id)
    )
    return [(event.kind, event.cause.partition(":")[2].partition(":")[2] or None) for event in found]


def totals(account_id, model=InboxMailHour):
    """Sent, failed and complaints of all hours, or of all days, together."""
    db.session.rollback()
    sums = [sa.func.sum(model.sent), sa.func.sum(model.failed), sa.func.sum(model.complaints)]
    return tuple(db.session.execute(sa.select(*sums).where(model.account_id == account_id)).one())


def days(account_id):
    """The same by days."""
    return totals(account_id, InboxMailDay)


def outcomes(account_id):
    """How its last attempts ended, oldest first."""
    db.session.rollback()
    ring = db.session.get(InboxRecent, account_id)
    return [entry[3] for entry in ring.attempts] if ring else []
