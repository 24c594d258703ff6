"""Adding up what was sent and what was heard of it, over all inboxes of a workspace: by day, by provider, and the worst."""

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.inbox_day import InboxDay
from nimbus.models.inbox_event import InboxMailDay, InboxMailHour
from nimbus.rules.levels import BOUNCE, COMPLAINT
from nimbus.rules.outcomes import Stream
from nimbus.rules.rates import Tally

_BOUNCE_LINE, _COMPLAINT_LINE = BOUNCE[1].rate, COMPLAINT[1].rate


class WorstInbox(NamedTuple):
    """An inbox with its rates of the last seven days, from 0 to 1."""

    id: int
    email: str
    bounce_rate: float
    complaint_rate: float


class Today(NamedTuple):
    """What all inboxes in rotation have sent today, what is reserved included, and their budgets together."""

    sent: int
    budget: int


def tally_by_provider(session: Session, workspace_id: int, since: datetime) -> dict[str, Tally]:
    """Campaign and manual mail of the hours from `since` on, by the provider of its inbox."""
    query = (
        sa.select(EmailAccountHealth.provider, *_sums(InboxMailHour))
        .join(EmailAccountHealth, EmailAccountHealth.id == InboxMailHour.account_id)
        .where(
            InboxMailHour.workspace_id == workspace_id,
            InboxMailHour.stream == Stream.PRODUCTION,
            InboxMailHour.hour >= since,
        )
        .group_by(EmailAccountHealth.provider)
        .order_by(EmailAccountHealth.provider)
    )
    return {provider: Tally(*map(int, counts)) for provider, *counts in session.execute(query)}


def tally_by_day(session: Session, workspace_id: int, since: date) -> dict[date, Tally]:
    """The same mail on each day of UTC from `since` on; a day on which none was sent is left out."""
    query = (
        sa.select(InboxMailDay.day, *_sums(InboxMailDay))
        .where(
            InboxMailDay.workspace_id == workspace_id,
            InboxMailDay.stream == Stream.PRODUCTION,
            InboxMailDay.day >= since,
        )
        .group_by(InboxMailDay.day)
        .order_by(InboxMailDay.day)
    )
    return {day: Tally(*map(int, counts)) for day, *counts in session.execute(query)}


def list_worst(session: Session, workspace_id: int, *, most: int) -> list[WorstInbox]:
    """The inboxes with the most bounces and complaints, each measured by the line that it must stay below."""
    account = EmailAccountHealth
    bounces, complaints = (
        sa.func.coalesce(each, 0.0) for each in (account.bounce_rate_7d, account.complaint_rate_7d)
    )
    badness = bounces / _BOUNCE_LINE + complaints / _COMPLAINT_LINE
    query = (
        sa.select(account.id, account.email, bounces, complaints)
        .where(account.workspace_id == workspace_id, account.removed_at.is_(None), badness > 0)
        .order_by(badness.desc(), account.id)
        .limit(most)
    )
    return [WorstInbox(*row) for row in session.execute(query)]


def count_today(session: Session, workspace_id: int, day: date) -> Today:
    """How much of today's budgets is used; `day` is that of the workspace's zone."""
    account = EmailAccountHealth
    mine = sa.and_(account.workspace_id == workspace_id, account.removed_at.is_(None), account.is_active)
    budget = sa.func.sum(sa.func.coalesce(account.effective_limit, account.daily_send_limit))
    sent = (
        sa.select(sa.func.sum(InboxDay.sent + InboxDay.reserved))
        .join(account, account.id == InboxDay.account_id)
        .where(mine, InboxDay.day == day)
    )
    row = session.execute(sa.select(sent.scalar_subquery(), budget).where(mine)).one()
    return Today(*(int(each or 0) for each in row))


def _sums(counts: Any) -> list[sa.Function[int]]:
    return [sa.func.sum(each) for each in (counts.sent, counts.failed, counts.complaints)]
