"""Reading messages on their way out: one, a page of them, and what waits or is in doubt."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.batch import Batch
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.send import Send
from nimbus.models.user import User
from nimbus.models.workspace import Workspace
from nimbus.rules.send_state import BY_A_PERSON, SendState

PAGE = 50


@dataclass(frozen=True, slots=True)
class SendFilter:
    """Which messages somebody wants to see; what is left out asks for all.

    `contact` is one's id and address, and `batch` a campaign with one of its batches.
    """

    account_id: int | None = None
    states: frozenset[SendState] = frozenset()
    contact: tuple[int, str] | None = None
    batch: tuple[int, int] | None = None


class SendRow(NamedTuple):
    """A line of a list. Bodies stay in the database: they may be large."""

    id: int
    workspace_id: int
    workspace: str
    inbox: str
    recipient: str
    subject: str
    state: SendState
    reason: str | None
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    category: str | None


class FoundSend(NamedTuple):
    """A message with the account it leaves through, removed or not, the name of who asked for it, and its batch.

    Batches are forgotten before their messages are.
    """

    send: Send
    account: EmailAccountHealth
    asked_by: str | None
    batch_is_kept: bool


def find_send(session: Session, workspace_id: int, send_id: int) -> FoundSend | None:
    """One message of this workspace; None for any other id."""
    found = session.execute(
        sa.select(Send, EmailAccountHealth, User.name, Batch.id.is_not(None))
        .join(EmailAccountHealth, EmailAccountHealth.id == Send.account_id)
        .outerjoin(User, User.id == Send.asked_by)
        .outerjoin(Batch, sa.and_(Batch.id == Send.batch_id, Batch.campaign_id == Send.campaign_id))
        .where(Send.workspace_id == workspace_id, Send.id == send_id)
        .execution_options(populate_existing=True)
    ).first()
    return FoundSend(*found) if found else None


def find_inbox(session: Session, workspace_id: int, account_id: int) -> EmailAccountHealth | None:
    """An account of this workspace, one that was removed included: it has to say why it sends nothing."""
    return session.scalar(
        sa.select(EmailAccountHealth).where(
            EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id == account_id
        )
    )


def list_sends(
    session: Session, workspace_id: int, wanted: SendFilter, *, before: int | None = None, most: int = PAGE
) -> tuple[list[SendRow], int | None]:
    """At most that many messages, the newest first, and the id to ask for what is older (None at the end)."""
    query = _rows().where(Send.workspace_id == workspace_id)
    if wanted.account_id is not None:
        query = query.where(Send.account_id == wanted.account_id)
    if wanted.states:
        query = query.where(Send.state.in_(wanted.states))
    if wanted.contact is not None:
        query = query.where(_sent_to(workspace_id, *wanted.contact))
    if wanted.batch is not None:
        query = query.where(Send.campaign_id == wanted.batch[0], Send.batch_id == wanted.batch[1])
    if before is not None:
        query = query.where(Send.id < before)
    rows = [_row(row) for row in session.execute(query.order_by(Send.id.desc()).limit(most + 1))]
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def list_doubtful(session: Session, workspace_ids: Collection[int], *, most: int) -> list[SendRow]:
    """At most that many messages of these workspaces that may or may not have been sent, the oldest first."""
    query = _rows().where(Send.workspace_id.in_(workspace_ids), Send.state == SendState.AMBIGUOUS)
    return [_row(row) for row in session.execute(query.order_by(Send.id).limit(most))]


def count_doubtful(session: Session, workspace_ids: Collection[int]) -> int:
    """How many messages of these workspaces may or may not have been sent."""
    doubtful = Send.workspace_id.in_(workspace_ids), Send.state == SendState.AMBIGUOUS
    return session.scalar(sa.select(sa.func.count()).where(*doubtful)) or 0


def count_by_state(session: Session) -> dict[SendState, int]:
    """How many messages of the whole installation are in each state, those without any left out."""
    rows = session.execute(sa.select(Send.state, sa.func.count()).group_by(Send.state))
    return {SendState(state): count for state, count in rows}


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the longest-waiting message of the whole installation could have left; None when none could."""
    return session.scalar(
        sa.select(sa.func.min(Send.due_at)).where(Send.state == SendState.QUEUED, Send.due_at <= now)
    )


def _sent_to(workspace_id: int, contact_id: int, email: str) -> sa.ColumnElement[bool]:
    """What campaigns sent to a contact, and what people wrote to their address: two short walks through one index."""
    mine = sa.select(Send.id).where(Send.workspace_id == workspace_id)
    by_hand = mine.where(Send.contact_id.is_(None), Send.kind.in_(BY_A_PERSON))
    to_address = by_hand.where(sa.func.lower(Send.recipient) == email)
    return Send.id.in_(sa.union_all(mine.where(Send.contact_id == contact_id), to_address))


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Send.id,
            Send.workspace_id,
            Workspace.name,
            EmailAccountHealth.email,
            Send.recipient,
            Send.subject,
            Send.state,
            Send.reason,
            Send.created_at,
            Send.due_at,
            Send.finished_at,
            Send.category,
        )
        .join(Workspace, Workspace.id == Send.workspace_id)
        .join(EmailAccountHealth, EmailAccountHealth.id == Send.account_id)
    )


def _row(row: sa.Row[*tuple[Any, ...]]) -> SendRow:
    line = SendRow._make(row)
    return line._replace(state=SendState(line.state))
