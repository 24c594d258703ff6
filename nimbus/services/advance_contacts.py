"""What has happened to the contacts of a campaign since its last batch: sent, refused, taken back, or asked to be left alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import CampaignContact, Contact, Send, Suppression
from nimbus.models.base import table_of
from nimbus.rules.campaign_state import ContactState
from nimbus.rules.follow_up import SENTENCES, Steps, Stop, next_due
from nimbus.rules.send_answers import Category
from nimbus.rules.send_state import SendState
from nimbus.rules.sending_hours import SendingHours
from nimbus.rules.suppression import SuppressionReason

AT_ONCE = 500  # contacts in one transaction
_CONTACT, _SEND = table_of(CampaignContact), table_of(Send)
_STOPS: dict[SuppressionReason, Stop] = {
    SuppressionReason.HARD_BOUNCE: Stop.BOUNCE,
    SuppressionReason.COMPLAINT: Stop.COMPLAINT,
    SuppressionReason.OPT_OUT: Stop.OPT_OUT,
    SuppressionReason.MANUAL: Stop.OPT_OUT,
}
_BOUNCES = frozenset({Category.HARD_INVALID, Category.HARD_DOMAIN})
_OVER = (SendState.SENT, SendState.AMBIGUOUS, SendState.FAILED)
_IS_ON = (ContactState.WAITING, ContactState.PLACED)


def advance(workspace_id: int, campaign_id: int, steps: Steps, hours: SendingHours) -> int:
    """Bring every contact to where their last message and their own word leave them; how many messages were taken back.

    Safe to run twice and beside anything else: every write names the state and the step that it starts from.
    """
    mine = (_CONTACT.c.workspace_id == workspace_id, _CONTACT.c.campaign_id == campaign_id)
    taken_back = take_back(workspace_id, campaign_id, only_put_off=True)
    with transaction() as session:
        _stop_suppressed(session, mine)
    while rows := _ended(mine):
        with transaction() as session:
            changes = [_next(row, steps, hours) for row in rows]
            session.connection().execute(_moving(), changes)
    return taken_back


def stop(
    session: Session, workspace_id: int, contact_id: int, why: Stop, *, campaign_id: int | None = None
) -> int:
    """End the sequences of a contact, all or one campaign's, because of what was heard; how many it ended.

    What waits at an inbox for them does not leave any more: the claim asks.
    """
    of_contact = [_CONTACT.c.workspace_id == workspace_id, _CONTACT.c.contact_id == contact_id]
    if campaign_id is not None:
        of_contact.append(_CONTACT.c.campaign_id == campaign_id)
    ended = session.execute(
        sa.update(_CONTACT)
        .where(*of_contact, _CONTACT.c.state.in_(_IS_ON))
        .values(state=ContactState.STOPPED, stopped_by=why, problem=SENTENCES[why])
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def go_on(session: Session, workspace_id: int, contact_id: int, *, campaign_id: int) -> None:
    """Take back that an answer ended a contact's sequence: it was none. What comes next is due when it was."""
    sent = sa.exists().where(
        _SEND.c.campaign_id == _CONTACT.c.campaign_id,
        _SEND.c.contact_id == _CONTACT.c.contact_id,
        _SEND.c.step == _CONTACT.c.step,
    )
    session.execute(
        sa.update(_CONTACT)
        .where(
            _CONTACT.c.workspace_id == workspace_id,
            _CONTACT.c.contact_id == contact_id,
            _CONTACT.c.campaign_id == campaign_id,
            _CONTACT.c.state == ContactState.STOPPED,
            _CONTACT.c.stopped_by == Stop.REPLY,
        )
        .values(
            state=sa.case((sent, ContactState.PLACED), else_=ContactState.WAITING),
            stopped_by=None,
            problem=None,
        )
    )


def put_off(
    session: Session, workspace_id: int, contact_id: int, *, campaign_id: int, until: datetime
) -> None:
    """Let a campaign's contact, who is away, wait for a moment with what comes next; what is at an inbox stays there."""
    of_contact = (
        _CONTACT.c.workspace_id == workspace_id,
        _CONTACT.c.contact_id == contact_id,
        _CONTACT.c.campaign_id == campaign_id,
        _CONTACT.c.state.in_(_IS_ON),
    )
    session.execute(sa.update(_CONTACT).where(*of_contact).values(away_until=until))
    waits = (_CONTACT.c.state == ContactState.WAITING, _CONTACT.c.due_at < until)
    session.execute(sa.update(_CONTACT).where(*of_contact, *waits).values(due_at=until))


def take_back(workspace_id: int, campaign_id: int, *, only_put_off: bool) -> int:
    """Take the messages of a campaign that nobody has begun to send back from their inboxes; how many.

    only_put_off: those that something keeps there. Of such a row nothing has left, so it goes, and the contact waits
    for this step as before. A worker that claims at the same moment has it, or finds it gone.
    """
    untouched = [_SEND.c.attempts == 0, _SEND.c.message.is_(None)]
    queued = _SEND.c.state == SendState.QUEUED
    if only_put_off:
        queued = sa.and_(queued, _SEND.c.reason.is_not(None))
    inbox_gone = sa.and_(_SEND.c.state == SendState.FAILED, _SEND.c.category == Category.ACCOUNT_REMOVED)
    with transaction() as session:
        gone = session.execute(
            sa.delete(_SEND)
            .where(
                _SEND.c.workspace_id == workspace_id,
                _SEND.c.campaign_id == campaign_id,
                *untouched,
                sa.or_(queued, inbox_gone),
            )
            .returning(_SEND.c.contact_id, _SEND.c.step)
        ).all()
        if gone:
            session.connection().execute(
                _waiting_again(workspace_id, campaign_id),
                [{"of_contact": row.contact_id, "of_step": row.step} for row in gone],
            )
        return len(gone)


def _waiting_again(workspace_id: int, campaign_id: int) -> sa.Update:
    """The thread's inbox stays; before the first message there is no thread, and any inbox will do."""
    return (
        sa.update(_CONTACT)
        .where(
            _CONTACT.c.workspace_id == workspace_id,
            _CONTACT.c.campaign_id == campaign_id,
            _CONTACT.c.contact_id == sa.bindparam("of_contact"),
            _CONTACT.c.step == sa.bindparam("of_step"),
            _CONTACT.c.state == ContactState.PLACED,
        )
        .values(
            state=ContactState.WAITING,
            account_id=sa.case((_CONTACT.c.step == 0, sa.null()), else_=_CONTACT.c.account_id),
        )
    )


def _stop_suppressed(session: Session, mine: Sequence[sa.ColumnElement[bool]]) -> None:
    for reason, why in _STOPS.items():
        theirs = sa.exists().where(
            Contact.id == _CONTACT.c.contact_id,
            Suppression.workspace_id == _CONTACT.c.workspace_id,
            Suppression.email == Contact.email,
            Suppression.reason == reason,
        )
        session.execute(
            sa.update(_CONTACT)
            .where(*mine, _CONTACT.c.state == ContactState.WAITING, theirs)
            .values(state=ContactState.STOPPED, stopped_by=why, problem=SENTENCES[why])
        )


def _ended(mine: Sequence[sa.ColumnElement[bool]]) -> Sequence[Any]:
    """Contacts whose message is over; one that was purged with its inbox is as good as sent."""
    of_contact = sa.and_(
        _SEND.c.campaign_id == _CONTACT.c.campaign_id,
        _SEND.c.contact_id == _CONTACT.c.contact_id,
        _SEND.c.step == _CONTACT.c.step,
    )
    when = sa.func.coalesce(_SEND.c.finished_at, _SEND.c.in_data_at, _CONTACT.c.due_at)
    rows = db.session.execute(
        sa.select(
            _CONTACT.c.campaign_id,
            _CONTACT.c.contact_id,
            _CONTACT.c.step,
            _CONTACT.c.away_until,
            _SEND.c.state,
            _SEND.c.category,
            _SEND.c.reason,
            sa.type_coerce(when, _CONTACT.c.due_at.type).label("at"),
        )
        .outerjoin(_SEND, of_contact)
        .where(
            *mine,
            _CONTACT.c.state == ContactState.PLACED,
            sa.or_(_SEND.c.id.is_(None), _SEND.c.state.in_(_OVER)),
        )
        .limit(AT_ONCE)
    ).all()
    db.session.rollback()
    return rows


def _next(row: Any, steps: Steps, hours: SendingHours) -> dict[str, Any]:
    of_row = {"of_campaign": row.campaign_id, "of_contact": row.contact_id, "of_step": row.step}
    if row.state == SendState.FAILED:
        return of_row | _failed(row)
    due = next_due(steps, hours, row.at, [row.at] * (row.step + 1), away_until=row.away_until)
    if due is None:
        return of_row | _values(row, ContactState.FINISHED)
    return of_row | _values(row, ContactState.WAITING, step=due.step, due_at=due.at)


def _failed(row: Any) -> dict[str, Any]:
    if row.category in _BOUNCES:
        return _values(row, ContactState.STOPPED, stopped_by=Stop.BOUNCE, problem=SENTENCES[Stop.BOUNCE])
    return _values(row, ContactState.FAILED, problem=row.reason)


def _values(
    row: Any,
    state: ContactState,
    *,
    step: int | None = None,
    due_at: datetime | None = None,
    stopped_by: Stop | None = None,
    problem: str | None = None,
) -> dict[str, Any]:
    return {
        "new_state": state,
        "new_step": row.step if step is None else step,
        "new_due": due_at or row.at,
        "new_stop": stopped_by,
        "new_problem": problem,
    }


def _moving() -> sa.Update:
    return (
        sa.update(_CONTACT)
        .where(
            _CONTACT.c.campaign_id == sa.bindparam("of_campaign"),
            _CONTACT.c.contact_id == sa.bindparam("of_contact"),
            _CONTACT.c.step == sa.bindparam("of_step"),
            _CONTACT.c.state == ContactState.PLACED,
        )
        .values(
            state=sa.bindparam("new_state"),
            step=sa.bindparam("new_step"),
            due_at=sa.bindparam("new_due"),
            stopped_by=sa.bindparam("new_stop"),
            problem=sa.bindparam("new_problem"),
            deferrals=0,
        )
    )
