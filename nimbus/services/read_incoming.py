"""Reading what was fetched: each message in a child process with limits, then classified, and its effects in one commit.

A message is taken before it is read, and counts as tried from then on: one that kills whoever reads it is set aside after
three tries, and what came with it is read all the same.
"""

import logging
import time
import traceback
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import ConnectionTest, Incoming
from nimbus.models.base import table_of
from nimbus.providers.incoming.reader import Reader, Unreadable
from nimbus.rules.classification import classify
from nimbus.rules.incoming import MOST_TRIES, READ_LEASE, TEXT_KEPT, IncomingState
from nimbus.rules.mail_verdict import MailKind, Matched, Verdict
from nimbus.rules.parsed_mail import ParsedMail
from nimbus.services.internal_address import answer_test
from nimbus.services.keep_threads import put_in_thread
from nimbus.services.mail_effects import apply
from nimbus.services.match_mail import find_message

_AT_ONCE = 20  # messages taken together; of those that failed before, one
_INCOMING = table_of(Incoming)

_log = logging.getLogger(__name__)


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
        _set_aside(taken, "This message could not be read, three times.")
        return
    try:
        mail = reader.read(taken.raw)
    except Unreadable as problem:
        if taken.tries == MOST_TRIES:
            _set_aside(taken, str(problem))
        return  # the lease ends, and it is tried again
    try:
        with transaction() as session:
            _keep(session, taken, mail)
    except OperationalError:  # the database's fault, and not the message's: it costs no try
        with transaction() as session:
            session.execute(sa.update(_INCOMING).where(_held(taken)).values(tries=taken.tries - 1))
    except Exception as error:  # noqa: BLE001 - the next one is read all the same, and this one tried again
        # Its text may quote the message, so only its kind and place are logged.
        place = "".join(traceback.format_tb(error.__traceback__))
        _log.error("Keeping message %d failed on our side: %s\n%s", taken.id, type(error).__name__, place)


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
    found = find_message(session, came, mail)
    test = _test_of(session, mail)
    own = MailKind.TEST if test else MailKind.SENT if found.is_itself else None
    matched = Matched(
        received_at=came.received_at, own=own, sent=found.as_sent(), asks_to_stop=found.asks_to_stop
    )
    verdict = classify(mail, matched)
    came.send_id = found.send.id if found.send and own is None else None
    _write(came, mail, verdict)
    apply(session, came, verdict, found.send)
    put_in_thread(session, came, found.send)
    if test is not None:
        answer_test(session, came, test)


def _write(came: Incoming, mail: ParsedMail, verdict: Verdict) -> None:
    came.state, came.raw, came.lease_until = IncomingState.PARSED, None, None
    came.kind, came.reply_class = verdict.kind, verdict.reply_class
    came.category = verdict.bounced[0].category if verdict.bounced else None
    came.evidence = [["Rule", verdict.rule], *([name, value] for name, value in verdict.facts)]
    came.counts, came.away_until = verdict.counts, verdict.back_on
    # Of what is about nothing of ours no words are kept, unless somebody whom we wrote to has sent it.
    if verdict.kind is not MailKind.UNMATCHED or came.send_id is not None:
        came.text, came.html = mail.text[:TEXT_KEPT], mail.html[:TEXT_KEPT] or None
        came.reply_text = mail.reply_text[:TEXT_KEPT]


def _test_of(session: Session, mail: ParsedMail) -> ConnectionTest | None:
    """The connection test whose message this is, of whatever workspace: its token is one that was given out."""
    nonce, dot, signature = mail.header("x-nimbusos-test").partition(".")
    given_out = ConnectionTest.nonce == nonce, ConnectionTest.signature == signature
    return session.scalar(sa.select(ConnectionTest).where(*given_out)) if dot else None
