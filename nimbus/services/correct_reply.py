"""A person says what a message that came is instead: kept beside what the rules said, and done what that asks for.

What the rules did before stays where it cannot be taken back: a suppressed address stays suppressed, and what counted
against an inbox has counted. Only a sequence that an answer ended goes on when a machine wrote it.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, Incoming, Send, Thread
from nimbus.rules.audit import Action
from nimbus.rules.follow_up import Stop
from nimbus.rules.mail_verdict import Bounced, Fact, MailKind, Verdict
from nimbus.rules.reply_classes import ANSWERS, WORDS, ReplyClass, does_the_same
from nimbus.rules.send_answers import Category
from nimbus.services.advance_contacts import go_on, stop
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.mail_effects import apply

_KINDS = {
    ReplyClass.COMPLAINT: MailKind.COMPLAINT,
    ReplyClass.BOUNCE: MailKind.BOUNCE,
    ReplyClass.AUTO_REPLY: MailKind.AUTO_REPLY,
    ReplyClass.OUT_OF_OFFICE: MailKind.AUTO_REPLY,
}


class NoSuchReply(NimbusError):
    """There is no message with this id in a conversation of this workspace."""

    def __init__(self) -> None:
        super().__init__("This message is not here any more.")


def correct_reply(asker: Asker, incoming_id: int, became: ReplyClass) -> int:
    """Note the class that a person gives a message, with the one before; twice the same is once. Gives its conversation.

    Raises NoSuchReply.
    """
    with transaction() as session:
        came = session.scalar(
            sa.select(Incoming)
            .where(
                Incoming.workspace_id == asker.workspace_id,
                Incoming.id == incoming_id,
                Incoming.thread_id.is_not(None),
            )
            .with_for_update()
        )
        if came is None or came.thread_id is None:
            raise NoSuchReply
        was = ReplyClass(came.reply_class or ReplyClass.OTHER)
        if was is became:
            return came.thread_id
        came.corrections = [
            *came.corrections,
            [now().isoformat(timespec="seconds"), asker.name, was, became],
        ]
        came.reply_class = became
        send = session.scalar(
            sa.select(Send)
            .where(Send.workspace_id == asker.workspace_id, Send.id == came.send_id)
            .with_for_update()
        )
        if send is not None and not (came.counts and does_the_same(was, became)):
            if came.counts and was in ANSWERS:
                _take_back(session, came, send)
            _do(session, came, send, asker.name)
        _tell_thread(session, came)
        _audit(session, asker, came, was)
        return came.thread_id


def _take_back(session: Session, came: Incoming, send: Send) -> None:
    """Let the sequence go on that this message ended, unless another answer ended it as well."""
    if send.campaign_id is None or send.contact_id is None or _answers_otherwise(session, came, send):
        return
    go_on(session, send.workspace_id, send.contact_id, campaign_id=send.campaign_id)


def _do(session: Session, came: Incoming, send: Send, by: str) -> None:
    became = ReplyClass(came.reply_class or ReplyClass.OTHER)
    said = f"{by} says that it is: {WORDS[became].lower()}"
    bounced = Bounced(recipient=send.recipient, category=Category.UNKNOWN, is_final=True, decided_by=said)
    came.counts = True
    verdict = Verdict(
        kind=_KINDS.get(became, MailKind.REPLY),
        reply_class=became,
        rule="the word of a person",
        facts=(Fact("Said by", by),),
        counts=True,
        bounced=(bounced,) if became is ReplyClass.BOUNCE else (),
        back_on=came.away_until,
    )
    apply(session, came, verdict, send)
    if became is ReplyClass.BOUNCE and send.contact_id is not None:  # nobody knows why; that it did is enough
        stop(session, send.workspace_id, send.contact_id, Stop.BOUNCE, campaign_id=send.campaign_id)


def _answers_otherwise(session: Session, came: Incoming, send: Send) -> bool:
    """Whether another answer of theirs ended this campaign's sequence as well."""
    others = (
        sa.select(Incoming.id)
        .join(Send, Send.id == Incoming.send_id)
        .where(
            Incoming.workspace_id == came.workspace_id,
            Incoming.thread_id == came.thread_id,
            Incoming.id != came.id,
            Incoming.counts,
            Incoming.reply_class.in_(ANSWERS),
            Send.campaign_id == send.campaign_id,
        )
    )
    return session.scalar(others.limit(1)) is not None


def _tell_thread(session: Session, came: Incoming) -> None:
    """Its class is that of its newest message. An answer that passed for a machine's waits for a person after all."""
    its = sa.update(Thread).where(Thread.workspace_id == came.workspace_id, Thread.id == came.thread_id)
    session.execute(its.where(Thread.last_id == came.id).values(reply_class=came.reply_class))
    if came.reply_class in ANSWERS:
        session.execute(its.where(Thread.done_by.is_(None)).values(done_at=None))


def _audit(session: Session, asker: Asker, came: Incoming, was: ReplyClass) -> None:
    account = session.get_one(EmailAccountHealth, came.account_id)
    on = Object("email_account", account.id, account.email)
    details = {"before": WORDS[was], "after": WORDS[ReplyClass(came.reply_class or was)]}
    record(
        session,
        Action.REPLY_CORRECTED,
        workspace_id=asker.workspace_id,
        asker=asker,
        on=on,
        **details,
        **{"from": came.sender},
    )
