"""Keeping a page of what came to an inbox: its messages and the cursor that has passed them, in one transaction.

A message is kept once however often it is listed. Its body is fetched only where its headers say that it can matter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import InboxSync, Incoming, Send, SyncFolder
from nimbus.models.base import table_of
from nimbus.providers.reading import Head, OpenMailbox, Page
from nimbus.rules.incoming import MOST_TRIES, IncomingState
from nimbus.rules.incoming_heads import Heading, Interest, Known, interest
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.sync_pace import LEASE
from nimbus.services.sync_claim import Taken

_INCOMING, _SEND = table_of(Incoming), table_of(Send)
_SYNC, _FOLDER = table_of(InboxSync), table_of(SyncFolder)
_NOT_GIVEN = "The mailbox names this message and does not hand it over."
_NO_LATER = timedelta(days=1)  # that a server's clock may be ahead of ours


class TurnLost(Exception):
    """Another worker reads this inbox by now. Nothing of the page was kept."""


class NotGiven(NimbusError):
    """The mailbox names a message and does not hand it over; it is asked again before that is believed."""

    def __init__(self) -> None:
        super().__init__("The server names a message and does not hand it over. It is asked for it again.")


class _Known(NamedTuple):
    """What was known before this page: rows by identity, and what tells whether a message is about one of ours."""

    rows: Mapping[str, Any]
    of_us: Known


def keep_page(taken: Taken, page: Page, mailbox: OpenMailbox) -> int:
    """Keep one page; how many of its messages are new. Raises TurnLost, NotGiven, and what fetching bodies raises.

    What is not handed over in three tries is set aside, and the next mail goes on.
    """
    headings = {head.key: Heading.read(head.headers or b"", head.key) for head in page.heads}
    known = _known(taken, list(headings.values()))
    fresh = [head for head in page.heads if headings[head.key].identity not in known.rows]
    wanted = {
        head.key: interest(headings[head.key], known.of_us) for head in fresh if head.headers is not None
    }
    read = [key for key, what in wanted.items() if what is Interest.READ]
    bodies = mailbox.bodies(read) if read else {}
    lacking = any(head.headers is None for head in fresh) or any(key not in bodies for key in read)
    if lacking and taken.failures + 1 < MOST_TRIES:
        raise NotGiven
    moment = now()
    rows = [
        _row(taken, head, headings[head.key], moment) | _found(wanted.get(head.key), bodies.get(head.key))
        for head in fresh
    ]
    with transaction() as session:
        _renew(session, taken, page, new=len(rows), moment=moment)
        _put(session, taken.account_id, rows, _moved(page, headings, known))
        _move_cursor(session, taken, page, moment)
    return len(rows)


def hold_on(taken: Taken) -> None:
    """Have the inbox for a full lease from now on. Raises TurnLost."""
    with transaction() as session:
        _fence(session, taken, {"lease_until": now() + LEASE})


def _moved(page: Page, headings: Mapping[str, Heading], known: _Known) -> list[tuple[int, Head]]:
    """What was known already and lies elsewhere now."""
    seen = [(known.rows.get(headings[head.key].identity), head) for head in page.heads]
    return [(row.id, head) for row, head in seen if row is not None and row.remote_key != head.key]


def _known(taken: Taken, headings: Sequence[Heading]) -> _Known:
    """Looked up before the transaction, so that no lock waits for the network."""
    if not headings:
        return _Known({}, Known(taken.email))
    identities = {heading.identity for heading in headings}
    named = {name for heading in headings for name in (*heading.answers, heading.message_id) if name}
    senders = {heading.sender for heading in headings if heading.sender}
    of_workspace = _SEND.c.workspace_id == taken.workspace_id
    try:
        rows = db.session.execute(
            sa.select(_INCOMING.c.id, _INCOMING.c.identity, _INCOMING.c.remote_key).where(
                _INCOMING.c.account_id == taken.account_id, _INCOMING.c.identity.in_(identities)
            )
        ).all()
        ours = [
            db.session.scalars(sa.select(column).where(of_workspace, column.in_(named))).all()
            for column in (_SEND.c.message_id, _SEND.c.sent_message_id)
        ]
        written_to = db.session.scalars(
            sa.select(_SEND.c.recipient)
            .where(_SEND.c.account_id == taken.account_id, _SEND.c.recipient.in_(senders))
            .distinct()
        ).all()
    finally:
        db.session.remove()  # no connection is held while bodies are fetched
    of_us = Known(taken.email, frozenset(name for some in ours for name in some), frozenset(written_to))
    return _Known({row.identity: row for row in rows}, of_us)


def _row(taken: Taken, head: Head, heading: Heading, moment: datetime) -> dict[str, Any]:
    received = head.received_at or moment
    return {
        "workspace_id": taken.workspace_id,
        "account_id": taken.account_id,
        "role": head.role,
        "remote_key": head.key,
        "identity": heading.identity,
        "message_id": heading.message_id,
        "in_reply_to": heading.in_reply_to,
        "refers_to": list(heading.refers_to),
        "sender": heading.sender,
        "subject": heading.subject,
        "received_at": min(received, moment + _NO_LATER),
        "fetched_at": moment,
        "size": head.size,
        "tries": 0,
        "counts": False,
    }


def _found(what: Interest | None, body: bytes | None) -> dict[str, Any]:
    """How far a message is done: what cannot matter is. `what`: None where there are no headers to tell."""
    done: dict[str, Any] = {"state": IncomingState.PARSED, "kind": None, "raw": None, "problem": None}
    if what is None:
        return done | {"state": IncomingState.POISON, "problem": _NOT_GIVEN}
    if what is not Interest.READ:
        return done | {"kind": MailKind.SENT if what is Interest.OWN else MailKind.UNMATCHED}
    if body is None:
        return done | {"state": IncomingState.POISON, "problem": _NOT_GIVEN}
    return done | {"state": IncomingState.NEW, "raw": body}


def _renew(session: Session, taken: Taken, page: Page, *, new: int, moment: datetime) -> None:
    """The fence: only whoever holds the inbox writes for it. Tells a page that is watched how far it is."""
    values: dict[str, Any] = {"lease_until": moment + LEASE}
    if new:
        values["heard_at"] = moment
    if page.is_first or taken.is_first:
        done = _SYNC.c.backlog_done + len(page.heads)
        values |= {"backlog": done + page.left, "backlog_done": done}
    _fence(session, taken, values)


def _fence(session: Session, taken: Taken, values: Mapping[str, Any]) -> None:
    held = sa.update(_SYNC).where(_SYNC.c.account_id == taken.account_id, _SYNC.c.owner == taken.owner)
    if not session.execute(held.values(values)).rowcount:  # type: ignore[attr-defined]
        raise TurnLost


def _put(
    session: Session, account_id: int, rows: Sequence[dict[str, Any]], moved: Sequence[tuple[int, Head]]
) -> None:
    """Add what is new, and note where what was moved to another folder lies now."""
    keys = [row["remote_key"] for row in rows] + [head.key for _, head in moved]
    if not keys:
        return
    # A server that went back to an older state gives numbers again that stood for other messages.
    session.execute(
        sa.update(_INCOMING)
        .where(_INCOMING.c.account_id == account_id, _INCOMING.c.remote_key.in_(keys))
        .values(remote_key=sa.literal("gone:").concat(sa.cast(_INCOMING.c.id, sa.String)))
    )
    connection = session.connection()
    if moved:
        place = sa.update(_INCOMING).where(_INCOMING.c.id == sa.bindparam("of_row"))
        connection.execute(
            place.values(remote_key=sa.bindparam("key"), role=sa.bindparam("place")),
            [{"of_row": row_id, "key": head.key, "place": head.role} for row_id, head in moved],
        )
    if rows:
        put = insert_or(Incoming, dialect_of(session))
        connection.execute(put.on_conflict_do_nothing(), rows)


def _move_cursor(session: Session, taken: Taken, page: Page, moment: datetime) -> None:
    cursor = page.cursor
    row = {
        "workspace_id": taken.workspace_id,
        "account_id": taken.account_id,
        "role": page.role,
        "name": cursor.name,
        "uid_validity": cursor.uid_validity,
        "last_uid": cursor.last_uid,
        "cursor": cursor.token,
        "messages": cursor.messages,
        "synced_at": None if page.left else moment,
    }
    put = insert_or(SyncFolder, dialect_of(session)).values(row)
    changed = {name: put.excluded[name] for name in row if name not in {"workspace_id", "account_id", "role"}}
    session.execute(put.on_conflict_do_update(index_elements=["account_id", "role"], set_=changed))
