"""Counting what was sent and what came back about it, by inbox, domain, campaign, step or day.

A message counts where it was sent, and what is heard of it later counts there too: no share exceeds 1.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.campaign import Campaign
from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.incoming import Incoming
from nimbus.models.send import IS_OVER, Send
from nimbus.rules.inbox_events import REFUSED_FOR_GOOD
from nimbus.rules.mail_figures import MailFigures
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.send_answer_kinds import Category
from nimbus.rules.send_state import SendKind, SendState

_MOMENT = sa.func.coalesce(Send.finished_at, Send.in_data_at)
_LEFT = Send.state.in_([SendState.SENT, SendState.AMBIGUOUS])
_REFUSED = sa.and_(Send.state == SendState.FAILED, Send.category.in_(REFUSED_FOR_GOOD))


class Per(StrEnum):
    """What figures are told apart by."""

    INBOX = "inbox"
    DOMAIN = "domain"
    CAMPAIGN = "campaign"
    STEP = "step"


class Line(NamedTuple):
    """One of them. `id` and `name`: None for what no campaign sent; `step` counts from 0."""

    id: int | None
    name: str | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """Which mail is counted: what people and campaigns of a workspace sent from a moment on, or one campaign's."""

    workspace_id: int
    since: datetime
    campaign_id: int | None = None


_LINES: dict[Per, tuple[Any, Any, Any]] = {
    Per.INBOX: (Send.account_id, EmailAccountHealth.email, sa.null()),
    Per.DOMAIN: (EmailAccountHealth.domain_id, DomainHealth.name, sa.null()),
    Per.CAMPAIGN: (Send.campaign_id, Campaign.name, sa.null()),
    Per.STEP: (Send.campaign_id, Campaign.name, Send.step),
}


def figures_per(session: Session, asked: Sent, per: Per) -> dict[Line, MailFigures]:
    """The figures of each inbox, domain, campaign or step that sent anything."""
    found = _figures(session, asked, _LINES[per])
    return {Line(*key): each for key, each in found.items()}


def figures_by_day(session: Session, asked: Sent) -> dict[date, MailFigures]:
    """The figures of each day of UTC on which anything was sent."""
    is_postgres = session.get_bind().dialect.name == "postgresql"  # whose days are of its connection's zone
    moment = sa.func.timezone("UTC", _MOMENT) if is_postgres else _MOMENT
    found = _figures(session, asked, (sa.func.date(moment),))
    return {date.fromisoformat(str(day)): each for (day,), each in found.items()}


def campaigns_that_sent(session: Session, workspace_id: int) -> list[tuple[int, str]]:
    """The campaigns that ever gave an inbox a message, (id, name) in alphabetical order."""
    has = sa.exists().where(Send.campaign_id == Campaign.id, Send.workspace_id == workspace_id)
    query = sa.select(Campaign.id, Campaign.name).where(Campaign.workspace_id == workspace_id, has)
    return [(key, name) for key, name in session.execute(query.order_by(Campaign.name, Campaign.id))]


def _figures(session: Session, asked: Sent, columns: tuple[Any, ...]) -> dict[tuple[Any, ...], MailFigures]:
    counts: dict[tuple[Any, ...], _Counting] = defaultdict(_Counting)
    width = len(columns)
    query = _joined(asked).with_only_columns(*columns, Send.state, Send.category, sa.func.count())
    for row in session.execute(query.group_by(*_named(columns), Send.state, Send.category)):
        counts[tuple(row[:width])].sent(*row[width:])
    about = sa.and_(Incoming.send_id == Send.id, Incoming.counts)
    query = _joined(asked).join(Incoming, about).where(Incoming.reply_class.is_not(None))
    of_messages = sa.func.count(sa.distinct(Send.id))
    query = query.with_only_columns(*columns, Incoming.reply_class, of_messages)
    for row in session.execute(query.group_by(*_named(columns), Incoming.reply_class)):
        counts[tuple(row[:width])].heard[ReplyClass(row[width])] += row[width + 1]
    return {key: each.figures() for key, each in counts.items()}


class _Counting:
    """Figures while they are added up."""

    def __init__(self) -> None:
        self._sent = self._in_doubt = 0
        self._bounced: dict[Category, int] = defaultdict(int)
        self.heard: dict[ReplyClass, int] = defaultdict(int)

    def sent(self, state: str, category: str | None, count: int) -> None:
        """A category of what has left is that of the report which came back."""
        self._sent += count
        if category is not None:
            self._bounced[Category(category)] += count
        elif state == SendState.AMBIGUOUS:
            self._in_doubt += count

    def figures(self) -> MailFigures:
        return MailFigures(self._sent, self._in_doubt, dict(self._bounced), dict(self.heard))


def _joined(asked: Sent) -> sa.Select[Any]:
    query = (
        sa.select(Send.id)
        .join(EmailAccountHealth, EmailAccountHealth.id == Send.account_id)
        .join(DomainHealth, DomainHealth.id == EmailAccountHealth.domain_id)
        .outerjoin(
            Campaign, sa.and_(Campaign.id == Send.campaign_id, Campaign.workspace_id == Send.workspace_id)
        )
        .where(
            Send.workspace_id == asked.workspace_id,
            Send.kind.in_([SendKind.CAMPAIGN, SendKind.MANUAL]),
            sa.text(IS_OVER),
            sa.or_(_LEFT, _REFUSED),
            asked.since <= _MOMENT,
        )
    )
    return query if asked.campaign_id is None else query.where(Send.campaign_id == asked.campaign_id)


def _named(columns: tuple[Any, ...]) -> list[Any]:
    """Without the constants: Postgres groups by none."""
    return [each for each in columns if not isinstance(each, sa.sql.elements.Null)]
