"""Forgetting what came to inboxes once nobody needs it: other people's mail soon, what is about ours late."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import Incoming, Thread
from nimbus.rules.incoming import IncomingState
from nimbus.rules.mail_verdict import MailKind

NOT_OURS_KEPT = timedelta(days=30)  # far longer than any folder is read back
OURS_KEPT = timedelta(days=400)  # as long as the days that analytics compare
UNREADABLE_KEPT = timedelta(days=30)  # the bytes; the line stays


def purge_incoming(moment: datetime) -> None:
    """Delete what was kept long enough, the bytes of what could not be read, and conversations without a message."""
    others = Incoming.kind.in_([MailKind.UNMATCHED, MailKind.SENT, MailKind.TEST])
    with transaction() as session:
        session.execute(
            sa.delete(Incoming).where(
                sa.or_(
                    Incoming.fetched_at < moment - OURS_KEPT,
                    sa.and_(others, Incoming.fetched_at < moment - NOT_OURS_KEPT),
                )
            )
        )
        session.execute(
            sa.update(Incoming)
            .where(
                Incoming.state == IncomingState.POISON,
                Incoming.raw.is_not(None),
                Incoming.fetched_at < moment - UNREADABLE_KEPT,
            )
            .values(raw=None)
        )
        said = sa.exists().where(
            Incoming.workspace_id == Thread.workspace_id, Incoming.thread_id == Thread.id
        )
        session.execute(sa.delete(Thread).where(Thread.last_at < moment - NOT_OURS_KEPT, ~said))
