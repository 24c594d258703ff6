"""Reading what was fetched: each message in a child process with limits, then classified, and its effects in one commit.

A message is taken before it is read, and counts as tried from then on: one that kills whoever reads it is set aside after
three tries, and what came with it is read all the same.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import ConnectionTest, Incoming, Send
from nimbus.models.base import table_of
from nimbus.providers.incoming.reader import Reader, Unreadable
from nimbus.rules.classification import classify
from nimbus.rules.incoming import MOST_TRIES, READ_LEASE, TEXT_KEPT, IncomingState
from nimbus.rules.mail_verdict import MailKind, Matched, NamedBy, SentMail, Verdict
from nimbus.rules.parsed_mail import ParsedMail
from nimbus.services.mail_effects import apply

_AT_ONCE = 20  # messages taken together; of those that failed before, one
_BY_ADDRESS_WITHIN = timedelta(days=90)
_INCOMING = table_of(Incoming)


class _Taken(NamedTuple):
    """A message as it was taken: its lease is the fence."""

    id: int
    raw: bytes
    tries: int
    lease_until: datetime


def read_waiting(stop_at: float, *, account_id: int | None = None) -> int:
    """Read what was fetched and waits, one inbox's or all, until `stop_at` (monotonic seconds); how many were read."""
    count = 0
    with Reader() as reader:
        while time.monotonic() < stop_at and not queues.must_stop() and (some := _take(account_id)):
            for taken in some:
                _read_one(reader, taken)
            count += len(some)
    return count


def _take(account_id: int | None) -> list[_Taken]:
    moment = now()
    lease = moment + READ_LEASE
    free = sa.or_(_INCOMING.c.lease_until.is_(None), _INCOMING.c.lease_until < moment)
    waits = [_INCOMING.c.state == IncomingState.NEW, free]
    if account_id is not None:
        waits.append(_INCOMING.c.account_id == account_id)
    oldest = sa.select(_INCOMING.c.id, _INCOMING.c.tries).where(*waits)
    found = db.session.execute(oldest.order_by(_INCOMING.c.tries, _INCOMING.c.id).limit(_AT_ONCE)).all()
    db.session.remove()
    if not found:
        return []
    fresh = [row.id for row in found if row.tries == 0]
    with transaction() as session:
        claim = sa.update(_INCOMING).where(_INCOMING.c.id.in_(fresh or [found[0].id]), *waits)
        claimed = claim.values(tries=_INCOMING.c.tries + 1, lease_until=lease).returning(
            _INCOMING.c.id, _INCOMING.c.raw, _INCOMING.c.tries
        )
        rows = session.execute(claimed).all()
    return [_Taken(row.id, row.raw or b"", row.tries, lease) for row in sorted(rows)]


def _read_one(reader: Reader, taken: _Taken) -> None:
    if taken.tries > MOST_TRIES:
        _set_aside(taken, "Reading this message ended the program that reads it, three times.")
        return
    try:
        mail = reader.read(taken.raw)
    except Unreadable as problem:
        if taken.tries == MOST_TRIES:
            _set_aside(taken, str(problem))
        return  # the lease ends, and it is tried again
    with transaction() as session:
        _keep(session, taken, mail)


def _set_aside(taken: _Taken, said: str) -> None:
    with transaction() as session:
        session.execute(
            sa.update(_INCOMING)
            .where(_held(taken))
            .values(state=IncomingState.POISON, problem=said, lease_until=None)
        )


def _held(taken: _Taken) -> sa.ColumnElement[bool]:
    return sa.and_(
        _INCOMING.c.id == taken.id,
        _INCOMING.c.state == IncomingState.NEW,
        _INCOMING.c.lease_until == taken.lease_until,
    )


def _keep(session: Session, taken: _Taken, mail: ParsedMail) -> None:
    came = session.scalar(sa.select(Incoming).where(_held(taken)).with_for_update())
    if came is None:
        return  # somebody else's by now
    send, named_by = _about(session, came, mail)
    sent = SentMail(recipient=send.recipient, sent_at=_sent_at(send), named_by=named_by) if send else None
    verdict = classify(mail, Matched(received_at=came.received_at, own=_own(session, came, mail), sent=sent))
    _write(came, mail, verdict)
    came.send_id = send.id if send and verdict.kind not in {MailKind.TEST, MailKind.SENT} else None
    apply(session, came, verdict, send)


def _write(came: Incoming, mail: ParsedMail, verdict: Verdict) -> None:
    came.state, came.raw, came.lease_until = IncomingState.PARSED, None, None
    came.kind, came.reply_class = verdict.kind, verdict.reply_class
    came.category = verdict.bounced[0].category if verdict.bounced else None
    came.evidence = [["Rule", verdict.rule], *([name, value] for name, value in verdict.facts)]
    came.counts, came.away_until = verdict.counts, verdict.back_on
    if verdict.kind is not MailKind.UNMATCHED:  # of what is about nothing of ours, no words are kept
        came.text, came.html = mail.text[:TEXT_KEPT], mail.html[:TEXT_KEPT] or None
        came.reply_text = mail.reply_text[:TEXT_KEPT]


def _own(session: Session, came: Incoming, mail: ParsedMail) -> MailKind | None:
    """Whether it is a test message of this installation: its token is one that was given out."""
    nonce, dot, signature = mail.header("x-nimbusos-test").partition(".")
    if not dot:
        return None
    given_out = sa.exists().where(
        ConnectionTest.workspace_id == came.workspace_id,
        ConnectionTest.nonce == nonce,
        ConnectionTest.signature == signature,
    )
    return MailKind.TEST if session.scalar(sa.select(given_out)) else None


def _about(session: Session, came: Incoming, mail: ParsedMail) -> tuple[Send | None, NamedBy]:
    """The message of ours that this one is about, locked: the one that it names, else the last to whom it is from."""
    returned = [mail.returned.message_id] if mail.returned and mail.returned.message_id else []
    named = [*returned, *mail.answers] if mail.delivery or mail.feedback else [*mail.answers]
    if named and (send := _named(session, came, named)):
        return send, NamedBy.MESSAGE_ID
    people = [each.recipient for each in mail.delivery.failures] if mail.delivery else [mail.author]
    recent = Send.created_at >= came.received_at - _BY_ADDRESS_WITHIN
    query = (
        sa.select(Send)
        .where(
            Send.account_id == came.account_id,
            Send.recipient.in_([each for each in people[:_AT_ONCE] if each]),
            Send.message_id.is_not(None),
            recent,
        )
        .order_by(Send.id.desc())
        .limit(1)
    )
    return session.scalar(query.with_for_update()), NamedBy.ADDRESS


def _named(session: Session, came: Incoming, named: Sequence[str]) -> Send | None:
    """The first of these Message-IDs that is one of ours, and not this very message."""
    of_workspace = Send.workspace_id == came.workspace_id
    for column in (Send.message_id, Send.sent_message_id):
        found = session.scalars(
            sa.select(Send).where(of_workspace, column.in_(named)).order_by(Send.id).with_for_update()
        ).all()
        by_id = {getattr(send, column.key): send for send in found}
        if first := next((by_id[name] for name in named if name in by_id), None):
            return first
    return None


def _sent_at(send: Send) -> datetime:
    return send.in_data_at or send.finished_at or send.dated_at or send.created_at
