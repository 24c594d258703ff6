"""Moving what somebody wrote, while it waits, to another inbox: of the two at most one ever has it.

The row itself moves, by one conditional update: a worker that claims at the same moment has it, or finds it gone. What
was made for the old inbox (Message-ID, headers, the count of tries) is made anew; only its days of waiting go on.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import dialect_of, transaction
from nimbus.errors import NimbusError
from nimbus.models import Send
from nimbus.models.send_queries import find_inbox
from nimbus.rules.audit import Action
from nimbus.rules.send_state import SendKind, SendState
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.due_statements import SEND
from nimbus.services.live_place import refuse_copies
from nimbus.services.prepared import writing_in
from nimbus.services.queue_send import MessageRefused, inbox_address, why_suppressed
from nimbus.services.resolve_send import NoSuchSend
from nimbus.services.send_statements import one_line_more, timeline_line

_WRITTEN = "Only what somebody wrote can be moved to another inbox."
_GONE = "It does not wait at that inbox any more: a worker took it, or somebody moved it first."
_DOUBTED = (
    "It was in doubt before, and may have arrived all the same. So it stays with its inbox, where a copy of it can "
    "still be found."
)


class Stays(NimbusError):
    """The message cannot be moved; the sentence says why."""


def why_it_stays(send: Send) -> str | None:
    """Why a message cannot be moved to another inbox, in a sentence; None where it can.

    One that waits has not been accepted: from the body on only a server's own refusal leads back to the queue. Where
    that refusal came late, after a doubt, its inbox keeps it: another Message-ID would hide a copy that arrived.
    """
    if send.kind != SendKind.MANUAL:
        return _WRITTEN
    if send.state != SendState.QUEUED:
        return _GONE
    return _DOUBTED if any(what == SendState.AMBIGUOUS for _, what, *_ in send.timeline) else None


def move_send(asker: Asker, send_id: int, *, from_account: int, to_account: int) -> str:
    """Let a message leave through another inbox of its workspace, whose address is given back. Two clicks are one.

    from_account: the inbox that the person saw it wait at. Raises NoSuchSend, Stays, InboxGone, MessageRefused where
    the recipient is suppressed by now, or SendsNothing.
    """
    refuse_copies()
    workspace_id = asker.workspace_id
    with transaction() as session:
        this = (Send.workspace_id == workspace_id, Send.id == send_id)
        recipient = session.scalar(sa.select(Send.recipient).where(*this))
        if recipient is None:
            raise NoSuchSend
        if (old := find_inbox(session, workspace_id, from_account)) is None:
            raise Stays(_GONE)
        new = inbox_address(session, workspace_id, to_account)
        if (said := why_suppressed(session, workspace_id, recipient)) is not None:
            raise MessageRefused("recipient", said)
        moved = _AS_NEW | {
            "of_workspace": workspace_id,
            "of_send": send_id,
            "of_account": from_account,
            "account_id": to_account,
            "due_at": now(),
            "new_line": timeline_line(
                now(), SendState.QUEUED, f"{asker.name} moved it from {old.email} to {new}."
            ),
        }
        if not writing_in(session).change(_moving(dialect_of(session)), moved):
            _see_it_there(session.get_one(Send, send_id), to_account)
            return new
        on = Object("email_account", from_account, old.email)
        about = {"to": recipient, "through": new}
        record(session, Action.MESSAGE_MOVED, workspace_id=workspace_id, asker=asker, on=on, **about)
        ring_after_commit(session, queues.SERVE_INBOX, workspace_id, to_account)
        return new


def _see_it_there(send: Send, account_id: int) -> None:
    """Raises Stays, unless somebody has moved the message to that very inbox already."""
    if send.account_id != account_id:
        raise Stays(why_it_stays(send) or _GONE)


# Of the refusals and the message that the old inbox has to do with nothing stays.
_AS_NEW: dict[str, Any] = {
    "attempts": 0,
    "in_data_at": None,
    "message": None,
    "message_id": None,
    "category": None,
    "reason": None,
    "server_line": None,
}


@cache
def _moving(dialect: str) -> sa.Update:
    never_in_doubt = ~sa.cast(SEND.c.timeline, sa.Text).contains(f'"{SendState.AMBIGUOUS}"')
    return (
        sa.update(SEND)
        .where(
            SEND.c.workspace_id == sa.bindparam("of_workspace"),
            SEND.c.id == sa.bindparam("of_send"),
            SEND.c.account_id == sa.bindparam("of_account"),
            SEND.c.kind == SendKind.MANUAL,
            SEND.c.state == SendState.QUEUED,
            never_in_doubt,
        )
        # What it may wait in all is counted from here on as it was, although another inbox tries it for the first time.
        .values(
            timeline=one_line_more(dialect), dated_at=sa.func.coalesce(SEND.c.dated_at, SEND.c.created_at)
        )
    )
