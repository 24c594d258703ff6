"""Putting what came into the conversation that it belongs to, and saying that a conversation is done."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.models import Incoming, Send, Thread
from nimbus.models.base import table_of
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.send_state import SendKind
from nimbus.services.asker import Asker

_TO_PEOPLE = frozenset({SendKind.CAMPAIGN, SendKind.MANUAL})
_OF_PEOPLE = frozenset({MailKind.REPLY, MailKind.UNMATCHED})
_THREAD = table_of(Thread)


class NoSuchThread(NimbusError):
    """There is no conversation with this id in this workspace."""

    def __init__(self) -> None:
        super().__init__("This conversation is not here any more.")


class SomethingNew(NimbusError):
    """A message came since the page was made that says what is done."""

    def __init__(self) -> None:
        super().__init__("Another message came meanwhile. Look at it first.")


def put_in_thread(session: Session, came: Incoming, send: Send | None) -> None:
    """Within the caller's transaction: add what came to its conversation; `send` is the message of ours it is about.

    What a person wrote opens the conversation again. What a machine sent does not: everything it asks for was done.
    """
    if send is None or came.send_id is None or send.kind not in _TO_PEOPLE:
        return
    thread = _thread_of(session, came, send)
    came.thread_id = thread.id
    if came.received_at >= thread.last_at:
        thread.last_at, thread.last_id = came.received_at, came.id
        thread.campaign_id = send.campaign_id or thread.campaign_id
        thread.reply_class = came.reply_class or ReplyClass.OTHER
    if came.kind in _OF_PEOPLE:
        thread.done_at = thread.done_by = None


def set_done(asker: Asker, thread_id: int, *, done: bool, seen: int | None = None) -> None:
    """A person says that a conversation is done, or opens it again. `seen`: the newest message that they saw.

    Raises NoSuchThread or SomethingNew.
    """
    mine = (_THREAD.c.workspace_id == asker.workspace_id, _THREAD.c.id == thread_id)
    with transaction() as session:
        as_seen = () if seen is None else (_THREAD.c.last_id == seen,)
        said = {"done_at": now() if done else None, "done_by": asker.name if done else None}
        changed = session.execute(sa.update(_THREAD).where(*mine, *as_seen).values(said))
        if changed.rowcount:  # type: ignore[attr-defined]
            return
        is_there = session.scalar(sa.select(_THREAD.c.id).where(*mine))
        raise SomethingNew if is_there else NoSuchThread


def forget_replies(session: Session, workspace_id: int, email: str, to_them: sa.Select[int]) -> None:
    """Within the caller's transaction: what a person wrote, and whatever was about the messages to them, loses its words.

    Its identity stays, so that a mailbox which is read anew does not bring it back. Conversations with them are gone;
    one with somebody else stays with what that one wrote. `to_them`: ids of the messages to them.
    """
    mine, its = Incoming.workspace_id == workspace_id, Thread.workspace_id == workspace_id
    theirs = sa.or_(Incoming.send_id.in_(to_them), Incoming.sender == email)
    touched = session.scalars(
        sa.select(Incoming.thread_id).where(mine, theirs, Incoming.thread_id.is_not(None)).distinct()
    ).all()
    with_them = sa.select(Thread.id).where(its, sa.func.lower(Thread.address) == email)
    _write(session, sa.update(Incoming).where(mine, theirs).values(_FORGOTTEN))
    _write(session, sa.update(Incoming).where(mine, Incoming.thread_id.in_(with_them)).values(thread_id=None))
    said = sa.exists().where(mine, Incoming.thread_id == Thread.id)
    _write(
        session, sa.delete(Thread).where(its, Thread.id.in_([*touched, *session.scalars(with_them)]), ~said)
    )


def _write(session: Session, statement: sa.Update | sa.Delete) -> None:
    session.execute(statement.execution_options(synchronize_session=False))


# What a message of a person becomes: that something came stays.
_FORGOTTEN: dict[str, Any] = {
    "sender": "",
    "subject": "",
    "message_id": None,
    "in_reply_to": None,
    "refers_to": [],
    "raw": None,
    "evidence": None,
    "text": None,
    "html": None,
    "reply_text": None,
    "thread_id": None,
}


def _thread_of(session: Session, came: Incoming, send: Send) -> Thread:
    """The conversation, locked: the one that our message answered in, else that of its inbox and recipient."""
    thread_id = _answered_in(session, send)
    if thread_id is None:
        first = {
            "workspace_id": send.workspace_id,
            "account_id": send.account_id,
            "address": send.recipient,
            "subject": send.subject,
            "campaign_id": send.campaign_id,
            "last_at": came.received_at,
            "last_id": came.id,
            "reply_class": came.reply_class or ReplyClass.OTHER,
            "done_at": now(),
        }
        put = insert_or(Thread, dialect_of(session)).values(first)
        session.execute(put.on_conflict_do_nothing(index_elements=["account_id", "address"]))
    is_it = (
        sa.and_(Thread.account_id == send.account_id, Thread.address == send.recipient)
        if thread_id is None
        else Thread.id == thread_id
    )
    found = sa.select(Thread).where(Thread.workspace_id == send.workspace_id, is_it)
    return session.scalars(found.with_for_update().execution_options(populate_existing=True)).one()


def _answered_in(session: Session, send: Send) -> int | None:
    """Where a person of ours wrote this message: an answer may go to another address than the first message did."""
    answered = (send.headers or {}).get("In-Reply-To")
    if send.kind != SendKind.MANUAL or not answered:
        return None
    return session.scalar(
        sa.select(Thread.id)
        .join(Incoming, Incoming.thread_id == Thread.id)
        .where(Incoming.workspace_id == send.workspace_id, Incoming.message_id == answered)
        .limit(1)
    )
