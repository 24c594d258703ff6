"""What a message that came back does: to the contact, to the inbox's counts, and to the message of ours it is about.

All within the transaction that keeps the verdict, so that nothing happens twice and nothing is left out. A message that
does not count does nothing.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import Campaign, EmailAccountHealth, EventTone, Incoming, Send
from nimbus.rules.follow_up import Stop, away
from nimbus.rules.inbox_events import EventKind, heard, stream_of
from nimbus.rules.mail_verdict import Bounced, MailKind, Verdict
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.send_answers import SUPPRESSING, Category
from nimbus.rules.send_state import SendKind, SendState
from nimbus.rules.suppression import SuppressionReason
from nimbus.services.account_log import record
from nimbus.services.advance_contacts import put_off, stop
from nimbus.services.prepared import writing_in
from nimbus.services.record_outcome import Fact, record_fact
from nimbus.services.resolve_send import proved_by
from nimbus.services.send_timeline import line_now
from nimbus.services.suppress import suppress_heard

SURE_FROM = 0.9  # of a person's words that they complain; less is for a person to look at
_DEAD = frozenset({Category.HARD_INVALID, Category.HARD_DOMAIN})
_NAMES = {
    MailKind.REPLY: "an answer",
    MailKind.AUTO_REPLY: "an automatic answer",
    MailKind.BOUNCE: "a delivery report",
    MailKind.COMPLAINT: "a complaint",
    MailKind.UNMATCHED: "a message of its recipient",
}


def apply(session: Session, came: Incoming, verdict: Verdict, send: Send | None) -> None:
    """Do what a verdict asks for. `send` is the message of ours that it is about, its row locked."""
    if not verdict.counts or send is None:
        return
    proved_by(session, send, _NAMES.get(verdict.kind, "a message"))
    complains = verdict.reply_class is ReplyClass.COMPLAINT and verdict.confidence >= SURE_FROM
    if verdict.kind is MailKind.BOUNCE:
        _bounced(session, send, verdict.bounced[0])
    elif complains:
        _complained(session, send)
    elif verdict.reply_class is ReplyClass.UNSUBSCRIBE:
        _opted_out(session, send)
    elif verdict.kind is MailKind.REPLY:
        _stop(session, send, Stop.REPLY, campaign_id=send.campaign_id)
        _tell(send, MailKind.REPLY, f"{came.sender} answered.")
    elif verdict.reply_class is ReplyClass.OUT_OF_OFFICE:
        _is_away(session, came, verdict, send)
    elif verdict.has_left:
        _left(session, send)
    else:
        _tell(send, MailKind.AUTO_REPLY, "A machine answered. That changes nothing.")


def _bounced(session: Session, send: Send, bounced: Bounced) -> None:
    if not bounced.is_final:
        said = f"A server still tries to deliver it to {send.recipient}."
        _tell(send, MailKind.AUTO_REPLY, said, bounced.answer)
        return
    said = f"It came back from {send.recipient}: {bounced.decided_by or bounced.status or 'no reason given'}."
    _tell(send, MailKind.BOUNCE, said, bounced.answer)
    send.category = bounced.category
    kinds = {EventKind.PERMANENT, EventKind.BLOCK} & set(heard(SendState.FAILED, bounced.category))
    is_news = [_record_fact(session, send, kind, bounced.answer) for kind in sorted(kinds)]
    if bounced.category in _DEAD:
        _stop(session, send, Stop.BOUNCE)
    if bounced.category in SUPPRESSING:
        _suppress(session, send, SuppressionReason.HARD_BOUNCE)
    if any(is_news):
        _log(session, send, "bounce", f"A message to {send.recipient} came back")


def _complained(session: Session, send: Send) -> None:
    _tell(send, MailKind.COMPLAINT, f"{send.recipient} reported it as spam.")
    is_news = _record_fact(session, send, EventKind.COMPLAINT, None)
    _suppress(session, send, SuppressionReason.COMPLAINT)
    _stop(session, send, Stop.COMPLAINT)
    if is_news:
        _log(session, send, "complaint", f"{send.recipient} reported a message as spam")


def _opted_out(session: Session, send: Send) -> None:
    _tell(send, MailKind.REPLY, f"{send.recipient} asked for no more mail.")
    _suppress(session, send, SuppressionReason.OPT_OUT)
    _stop(session, send, Stop.OPT_OUT)


def _is_away(session: Session, came: Incoming, verdict: Verdict, send: Send) -> None:
    zone = "UTC"
    if send.campaign_id is not None and send.contact_id is not None:
        campaign = session.get(Campaign, send.campaign_id)
        zone = campaign.timezone if campaign else zone
        until = away(came.received_at, verdict.back_on, zone)
        put_off(session, send.workspace_id, send.contact_id, campaign_id=send.campaign_id, until=until)
    until = away(came.received_at, verdict.back_on, zone)
    _tell(
        send, MailKind.AUTO_REPLY, f"{send.recipient} is away. Nothing more is sent before {until:%d %b %Y}."
    )


def _left(session: Session, send: Send) -> None:
    """The address may well take mail, so it is no bounce; whether to write to somebody else is for a person to say."""
    _tell(send, MailKind.AUTO_REPLY, f"An automatic answer says that {send.recipient} is not there any more.")
    if _stop(session, send, Stop.BOUNCE):
        _log(session, send, "left", f"Nobody reads {send.recipient} any more, an automatic answer says")


def _tell(send: Send, kind: MailKind, said: str, server_line: str = "") -> None:
    send.timeline = [*send.timeline, line_now(kind, said, server_line)]


def _stop(session: Session, send: Send, why: Stop, *, campaign_id: int | None = None) -> int:
    """How many sequences it ended."""
    if send.contact_id is None:
        return 0
    return stop(session, send.workspace_id, send.contact_id, why, campaign_id=campaign_id)


def _suppress(session: Session, send: Send, reason: SuppressionReason) -> None:
    suppress_heard(session, send.workspace_id, send.recipient, reason=reason, send_id=send.id)


def _record_fact(session: Session, send: Send, kind: EventKind, detail: str | None) -> bool:
    """Counted once, whoever tells it again: the cause is the message. Whether it is new."""
    stream = stream_of(SendKind(send.kind))
    fact = Fact(
        send.workspace_id, send.account_id, kind, f"send:{send.id}", now(), stream=stream, send_id=send.id
    )
    session.flush()
    return record_fact(writing_in(session), fact, detail=detail)


def _log(session: Session, send: Send, kind: str, said: str) -> None:
    account = session.scalar(sa.select(EmailAccountHealth).where(EmailAccountHealth.id == send.account_id))
    if account is not None:
        record(session, account, kind, said, tone=EventTone.WARN)
