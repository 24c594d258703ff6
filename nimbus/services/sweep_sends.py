"""The sends' part of the sweep: taking back what dead workers held, and ringing for whatever is due."""

from datetime import datetime

import sqlalchemy as sa

from nimbus import queues
from nimbus.extensions import db
from nimbus.models import InboxSender, Send
from nimbus.models.base import table_of
from nimbus.rules.send_state import SendState
from nimbus.services.live_place import place_state
from nimbus.services.send_ledger import give_up, reap
from nimbus.services.sent_copies import COPY_WANTED, IN_DOUBT, look_is_due

_LOOKS_AT_ONCE = 200  # rung for in one sweep; the next one follows in seconds


def sweep_sends(moment: datetime) -> None:
    """Take back what nobody sends any more, and ring for due messages, looks and copies. Not in a copy.

    Safe to run twice and beside anything else, as a ring is only ever a hint.
    """
    if not place_state().confirmed:
        return
    reap()
    db.session.rollback()  # what was read so far is from before
    _ring(queues.SERVE_INBOX, db.session.execute(_inboxes_with_due(moment)))
    looks = sa.select(Send.workspace_id, Send.id).where(IN_DOUBT, look_is_due(moment))
    _ring(queues.LOOK_FOR_SEND, db.session.execute(looks.limit(_LOOKS_AT_ONCE)))
    copies = sa.select(Send.workspace_id, Send.account_id).where(COPY_WANTED, look_is_due(moment)).distinct()
    _ring(queues.KEEP_COPIES, db.session.execute(copies))


def end_what_waited() -> None:
    """End what people wrote and could not leave for days. Not in a copy: there nothing leaves, and nothing is over."""
    if place_state().confirmed:
        give_up()


def _inboxes_with_due(moment: datetime) -> sa.Select[int, int]:
    """Inboxes that have something to send, nobody who does, and a pace that allows it."""
    sender = table_of(InboxSender)
    is_free = sa.or_(sender.c.owner.is_(None), sender.c.lease_until < moment)
    is_time = sa.or_(sender.c.next_slot_at.is_(None), sender.c.next_slot_at <= moment)
    return (
        sa.select(Send.workspace_id, Send.account_id)
        .outerjoin(sender, sender.c.account_id == Send.account_id)
        .where(Send.state == SendState.QUEUED, Send.due_at <= moment, is_free, is_time)
        .distinct()
    )


def _ring(job: str, rows: sa.Result[int, int]) -> None:
    for workspace_id, row_id in rows.all():
        if not queues.ring(job, workspace_id, row_id):
            return  # the queue is away, and would be for each of the others
