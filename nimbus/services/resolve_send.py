"""Ending a doubt: what was ambiguous becomes sent or failed, by evidence or by the word of a person, exactly once.

And sending again, as a message of its own, what is in doubt or was given up.

A unit of the budget that was used in doubt stays used: the message may have left, whatever is decided about it.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, InboxDay, InboxSender, MailServer, Send
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.rules.connection_test import Leg
from nimbus.rules.send_answers import Category
from nimbus.rules.send_state import BY_A_PERSON, HELD, SendKind, SendState
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.live_place import refuse_copies
from nimbus.services.outlet import keeps_copies
from nimbus.services.prepared import writing_in
from nimbus.services.queue_send import queue_send
from nimbus.services.record_outcome import record_outcome
from nimbus.services.send_timeline import line_now

_SENDS = table_of(Send)
FOUND_IN_SENT = "found in the Sent folder"  # as `resolved_by` has it, where a person has a name


class NoSuchSend(NimbusError):
    """There is no message with this id in this workspace."""

    def __init__(self) -> None:
        super().__init__("This message does not exist.")


class NotInDoubt(NimbusError):
    """Somebody, or the Sent folder, has decided about the message already."""

    def __init__(self) -> None:
        super().__init__("This has been decided already. Look at the message to see how.")


def resolve(asker: Asker, send_id: int, *, was_sent: bool) -> None:
    """A person says whether an ambiguous message was sent. Raises NoSuchSend or NotInDoubt."""
    with transaction() as session:
        send = _in_doubt(session, asker.workspace_id, send_id)
        said = "was sent" if was_sent else "was not sent"
        _decide(session, send, was_sent=was_sent, by=asker.name, said=f"{asker.name} says that it {said}.")
        if was_sent:
            send.copy_state = "wanted" if _copies_are_ours(session, send) else None
        _audit(session, asker, send, Action.MESSAGE_DECIDED, decision=said)


def send_again(asker: Asker, send_id: int) -> int:
    """Send a message once more that is ambiguous or was given up, as a new one; its id. Two clicks are one.

    Raises NoSuchSend, NotInDoubt when it ended in another way, and what `queue_send` raises: the inbox may be gone
    or the address suppressed by now.
    """
    refuse_copies()
    key = f"again:{send_id}"
    with transaction() as session:
        again = sa.select(Send.id).where(Send.workspace_id == asker.workspace_id, Send.key == key)
        send = _found(session, asker.workspace_id, send_id)
        if (earlier := session.scalar(again)) is not None:
            return earlier
        in_doubt = send.state == SendState.AMBIGUOUS
        if not in_doubt and not was_given_up(send):
            raise NotInDoubt
        new_id = queue_send(
            session,
            workspace_id=send.workspace_id,
            account_id=send.account_id,
            kind=SendKind(send.kind),
            recipient=send.recipient,
            subject=send.subject,
            body=send.body,
            key=key,
            asked_by=asker.user_id,
        )
        new = session.get_one(Send, new_id)
        new.headers = send.headers  # an answer stays one
        _tell_both(session, (send, new), asker.name, in_doubt=in_doubt)
        _audit(session, asker, send, Action.MESSAGE_SENT_AGAIN, message=new_id)
        return new_id


def _tell_both(session: Session, both: tuple[Send, Send], name: str, *, in_doubt: bool) -> None:
    """Each of the two messages, the old and the new, names the other; a doubt about the old one is decided with that."""
    old, new = both
    said, why = f"{name} sent it again as message {new.id}.", "which could not leave in time"
    if in_doubt:
        said += " Whether this one arrived as well stays unknown."
        why = "of which nobody knows whether it arrived"
        _decide(session, old, was_sent=False, by=name, said=said)
    else:
        old.timeline = [*old.timeline, line_now(SendState.QUEUED, said)]
    line = line_now(SendState.QUEUED, f"{name} sent message {old.id} again, {why}.")
    new.timeline = [line, *new.timeline]


def proved_by(session: Session, send: Send, what: str) -> None:
    """Within the caller's transaction: what came back names a message in doubt, so it was sent. `what`: “an answer”."""
    if send.state == SendState.AMBIGUOUS:
        _decide(session, send, was_sent=True, by=what, said=f"It was sent: {what} names it.")


def found_in_sent(session: Session, workspace_id: int, send_id: int) -> bool:
    """Within the caller's transaction: its copy lies in the Sent folder, so it was sent. False if already decided."""
    try:
        send = _in_doubt(session, workspace_id, send_id)
    except (NoSuchSend, NotInDoubt):
        return False
    said = "The message lies in the Sent folder, so the server has taken it."
    _decide(session, send, was_sent=True, by=FOUND_IN_SENT, said=said)
    send.copy_state = "kept"
    return True


def doubt_what_waited(session: Session) -> None:
    """Within a restore: what waited or was under way when the backup was made may have been sent since.

    Nothing of it leaves before a person decides, except that its copy may be found in the Sent folder.
    """
    said = "It had not left when the backup was made, and may have been sent since."
    waited = sa.select(_SENDS.c.id, _SENDS.c.timeline, _SENDS.c.message_id).where(
        _SENDS.c.state.in_([SendState.QUEUED, *sorted(HELD)])
    )
    line = line_now(SendState.AMBIGUOUS, said)
    ended = sa.update(_SENDS).where(_SENDS.c.id == sa.bindparam("of_send"))
    values = {"state": SendState.AMBIGUOUS, "owner": None, "lease_until": None, "reason": said}
    rows = [
        # Only by its Message-ID could it be found in the Sent folder.
        {
            "of_send": row.id,
            "timeline": [*row.timeline, line],
            "next_look_at": now() if row.message_id else None,
        }
        for row in session.execute(waited)
    ]
    if rows:
        session.connection().execute(ended.values(values), rows)
    # What was under way was reserved: from now on it counts as sent, as every doubt does.
    session.execute(
        sa.update(InboxDay)
        .where(InboxDay.reserved > 0)
        .values(sent=InboxDay.sent + InboxDay.reserved, reserved=0)
    )
    session.execute(sa.update(InboxSender).values(owner=None, lease_until=None, next_slot_at=None))


def was_given_up(send: Send) -> bool:
    """Whether it is a person's message that certainly did not leave, because its time was over."""
    is_over = send.state == SendState.FAILED and send.category == Category.EXPIRED
    return is_over and send.kind in BY_A_PERSON


def _found(session: Session, workspace_id: int, send_id: int) -> Send:
    """The message, locked: whoever comes second finds it decided."""
    found = (Send.workspace_id == workspace_id, Send.id == send_id)
    send = session.scalar(sa.select(Send).where(*found).with_for_update())
    if send is None:
        raise NoSuchSend
    return send


def _in_doubt(session: Session, workspace_id: int, send_id: int) -> Send:
    send = _found(session, workspace_id, send_id)
    if send.state != SendState.AMBIGUOUS:
        raise NotInDoubt
    return send


def _decide(session: Session, send: Send, *, was_sent: bool, by: str, said: str) -> None:
    send.state = SendState.SENT if was_sent else SendState.FAILED
    send.finished_at, send.resolved_by = now(), by
    send.reason = None if was_sent else said
    send.owner, send.next_look_at, send.looks = None, None, 0
    send.timeline = [*send.timeline, line_now(SendState(send.state), said)]
    if was_sent:  # what a restored backup put in doubt was not heard of before
        about = {
            name: getattr(send, name) for name in ("id", "workspace_id", "account_id", "kind", "attempts")
        }
        record_outcome(writing_in(session), about, SendState.SENT, moment=now())


def _copies_are_ours(session: Session, send: Send) -> bool:
    host = session.scalar(
        sa.select(MailServer.host).where(MailServer.account_id == send.account_id, MailServer.leg == Leg.SMTP)
    )
    return send.message is not None and host is not None and not keeps_copies(host)


def _audit(session: Session, asker: Asker, send: Send, action: Action, **details: str | int) -> None:
    account = session.get_one(EmailAccountHealth, send.account_id)  # it may have been removed since
    on = Object("email_account", account.id, account.email)
    record(session, action, workspace_id=asker.workspace_id, asker=asker, on=on, to=send.recipient, **details)
