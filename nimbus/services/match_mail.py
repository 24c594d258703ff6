"""Which message of ours a message that came in is about: by what only its recipient can know, else by the address alone.

Message-IDs and marks of ours hold 128 random bits, tokens are sealed: whoever names one has seen the message. An address
is what anybody can write, so what is found by it is shown, and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import Incoming, Send
from nimbus.rules.mail_verdict import NamedBy, SentMail
from nimbus.rules.parsed_mail import ParsedMail
from nimbus.rules.send_mark import read_mark
from nimbus.rules.unsubscribe import unsubscribe_token
from nimbus.security.unsubscribe_tokens import open_token

_BY_ADDRESS_WITHIN = timedelta(days=90)
_MOST_PEOPLE = 20  # whose addresses are looked for, of a report about many


@dataclass(frozen=True, slots=True)
class Found:
    """What a message is about, its row locked. `is_itself`: the message is no answer, but that very one of ours."""

    send: Send | None = None
    named_by: NamedBy = NamedBy.ADDRESS
    is_itself: bool = False
    asks_to_stop: bool = False

    def as_sent(self) -> SentMail | None:
        """The same as classification takes it."""
        if self.send is None:
            return None
        left = (self.send.in_data_at, self.send.finished_at, self.send.dated_at, self.send.created_at)
        sent_at = next(moment for moment in left if moment is not None)
        return SentMail(recipient=self.send.recipient, sent_at=sent_at, named_by=self.named_by)


def find_message(session: Session, came: Incoming, mail: ParsedMail) -> Found:
    """The message of ours that this one is about, the surest way first."""
    is_report = bool(mail.delivery or mail.feedback)
    marked = None if is_report else _marked(session, came, mail.header("x-nimbusos-send"))
    # Some programs copy the headers of what they answer; but no message answers itself.
    if marked is not None and not {marked.message_id, marked.sent_message_id} & set(mail.answers):
        return Found(marked, NamedBy.TOKEN, is_itself=True)
    if asked := _asked_to_stop(session, came, mail.subject):
        return Found(asked, NamedBy.TOKEN, asks_to_stop=True)
    returned = mail.returned if is_report else None
    named = [returned.message_id] if returned and returned.message_id else []
    if send := _named(session, came, [*named, *mail.answers]):
        return Found(send, NamedBy.MESSAGE_ID)
    if returned and (send := _marked(session, came, returned.send_token)):
        return Found(send, NamedBy.TOKEN)
    return Found(_addressed(session, came, mail))


def _marked(session: Session, came: Incoming, value: str) -> Send | None:
    mark = read_mark(value)
    if mark is None:
        return None
    this = Send.workspace_id == came.workspace_id, Send.id == mark.send_id
    send = session.scalar(sa.select(Send).where(*this).with_for_update())
    return send if send is not None and mark.fits(send.message_id) else None


def _asked_to_stop(session: Session, came: Incoming, subject: str) -> Send | None:
    """The last message to whom the link of a List-Unsubscribe header was made for."""
    token = unsubscribe_token(subject)
    who = open_token(token) if token else None
    if who is None or who.workspace_id != came.workspace_id:
        return None
    return _last_to(session, Send.workspace_id == came.workspace_id, [who.email])


def _named(session: Session, came: Incoming, named: Sequence[str]) -> Send | None:
    """The first of these Message-IDs that is one of ours."""
    of_workspace = Send.workspace_id == came.workspace_id
    for column in (Send.message_id, Send.sent_message_id) if named else ():
        found = session.scalars(
            sa.select(Send).where(of_workspace, column.in_(named)).order_by(Send.id).with_for_update()
        ).all()
        by_id = {getattr(send, column.key): send for send in found}
        if first := next((by_id[name] for name in named if name in by_id), None):
            return first
    return None


def _addressed(session: Session, came: Incoming, mail: ParsedMail) -> Send | None:
    people = [each.recipient for each in mail.delivery.failures] if mail.delivery else [mail.author]
    recent = Send.created_at >= came.received_at - _BY_ADDRESS_WITHIN
    return _last_to(session, sa.and_(Send.account_id == came.account_id, recent), people[:_MOST_PEOPLE])


def _last_to(session: Session, among: sa.ColumnElement[bool], people: Sequence[str]) -> Send | None:
    query = (
        sa.select(Send)
        .where(among, Send.recipient.in_([each for each in people if each]), Send.message_id.is_not(None))
        .order_by(Send.id.desc())
        .limit(1)
    )
    return session.scalar(query.with_for_update())
