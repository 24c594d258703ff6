"""Having an inbox read at once: because a person asked for it, or because it was connected anew."""

from datetime import datetime

import sqlalchemy as sa

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import dialect_of, insert_or
from nimbus.models import InboxSync
from nimbus.models.base import UtcDateTime, table_of
from nimbus.rules.audit import Action
from nimbus.services import audit
from nimbus.services.asker import Asker
from nimbus.services.prepared import Writing
from nimbus.services.update_account import changing

_SYNC = table_of(InboxSync)
_WAKE = (
    sa.update(_SYNC)
    .where(_SYNC.c.account_id == sa.bindparam("of_account", type_=sa.Integer))
    .values(next_at=sa.bindparam("at_moment", type_=UtcDateTime))
)


def wake_sync(writing: Writing, account_id: int, moment: datetime) -> None:
    """Within the caller's transaction: whatever was wrong before, the inbox is read when the timetable next looks."""
    writing.change(_WAKE, {"of_account": account_id, "at_moment": moment})


def ask_sync(asker: Asker, account_id: int) -> None:
    """A person wants an inbox read now. Raises NoSuchAccount. Asking twice, or while it is read, is asking once."""
    with changing(asker, account_id) as (session, account):
        row = {
            "workspace_id": asker.workspace_id,
            "account_id": account_id,
            "next_at": now(),
            "asked_by": asker.name,
        }
        empty = {"failures": 0, "backlog": 0, "backlog_done": 0, "folders": []}
        put = insert_or(InboxSync, dialect_of(session)).values(row | empty)
        asked = {name: put.excluded[name] for name in ("next_at", "asked_by")}
        session.execute(put.on_conflict_do_update(index_elements=["account_id"], set_=asked))
        ring_after_commit(session, queues.SYNC_INBOX, asker.workspace_id, account_id)
        on = audit.Object("email_account", account.id, account.email)
        audit.record(session, Action.SYNC_ASKED, workspace_id=asker.workspace_id, asker=asker, on=on)
