"""Reading accounts: one by id, and a page of the list, worst first, in one query whatever the fleet's size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from nimbus.models.account_filter import AccountFilter, filtered
from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.inbox_day import InboxDay
from nimbus.models.mail_server import MailServer
from nimbus.models.send import InboxHour
from nimbus.rules.connection_test import Leg
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_status import StatusKey
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.rules.send_gate import counted_since
from nimbus.rules.send_limits import provider_cap

SORTS = ("status", "account", "health", "stage", "today", "bounce", "complaints")
PER_PAGE = (25, 50, 100)

Account = EmailAccountHealth
_todays_limit = sa.func.coalesce(Account.effective_limit, Account.daily_send_limit)
_sent_today = sa.func.coalesce(InboxDay.sent + InboxDay.reserved, 0)


@dataclass(frozen=True, slots=True)
class Moment:
    """The time a list is read at: the instant, and the day it is in the workspace's zone."""

    now: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Paging:
    """Order and window of the list. `page` counts from 1."""

    sort: str = "status"
    descending: bool = False
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with what was sent today, as the list and the page show it."""

    account: EmailAccountHealth
    sent_today: int


class Sender(NamedTuple):
    """An account through which what a person writes could leave now."""

    id: int
    email: str
    status: StatusKey


def status_expression(moment: Moment) -> sa.ColumnElement[str]:
    """The status rule (rules/inbox_status) as SQL, so that the database can order and filter by it."""
    return sa.case(
        (Account.connection_state != ConnectionState.OK, StatusKey.NEEDS_ATTENTION),
        (DomainHealth.pause_reason.is_not(None), StatusKey.DOMAIN_PAUSED),
        (Account.server_pause_reason.is_not(None), StatusKey.SERVER_LISTED),
        (sa.not_(Account.is_active), StatusKey.OUT_OF_ROTATION),
        (sa.or_(Account.cooldown_until > moment.now, Account.needs_acknowledgement), StatusKey.COOLDOWN),
        (Account.hold_state == HoldState.HELD, StatusKey.WARMUP_PAUSED),
        (
            MailServer.failure_code.is_not(None) | Account.sync_problem.is_not(None),
            StatusKey.REPLIES_NOT_SYNCING,
        ),
        (_sent_today >= _todays_limit, StatusKey.DONE_FOR_TODAY),
        (Account.current_stage <= 1, StatusKey.WARMING),
        (Account.current_stage == 2, StatusKey.NURTURE_ONLY),
        else_=StatusKey.READY,
    )


def find_account(session: Session, workspace_id: int, account_id: int, day: date) -> AccountRow | None:
    """One connected account of this workspace with its servers and domain; None for any other id."""
    found = session.execute(
        _joined(workspace_id, day)
        .where(Account.id == account_id)
        .with_only_columns(Account, _sent_today)
        .options(contains_eager(Account.domain), selectinload(Account.servers))
        .execution_options(populate_existing=True)
    ).first()
    return AccountRow(*found) if found else None


def list_accounts(
    session: Session, workspace_id: int, wanted: AccountFilter, *, paging: Paging, moment: Moment
) -> tuple[list[AccountRow], int]:
    """A page of accounts, and how many match in all."""
    status = status_expression(moment)
    query = filtered(_joined(workspace_id, moment.day), wanted, status)
    total = session.scalar(query.with_only_columns(sa.func.count()))
    rows = session.execute(
        query.with_only_columns(Account, _sent_today)
        .order_by(*_order(paging, status))
        .limit(paging.per_page)
        .offset((paging.page - 1) * paging.per_page)
        .options(contains_eager(Account.domain), selectinload(Account.servers))
    )
    return [AccountRow(*row) for row in rows], total or 0


def matching_ids(session: Session, workspace_id: int, wanted: AccountFilter, moment: Moment) -> Sequence[int]:
    """The accounts that a filter matches now, on whatever page of the list."""
    query = filtered(_joined(workspace_id, moment.day), wanted, status_expression(moment))
    return session.scalars(query.with_only_columns(Account.id).order_by(Account.id)).all()


def addresses(session: Session, workspace_id: int, account_ids: Sequence[int]) -> Sequence[str]:
    """The addresses of those of these accounts that are connected here, in alphabetical order."""
    return session.scalars(
        sa.select(Account.email)
        .where(
            Account.workspace_id == workspace_id, Account.id.in_(account_ids), Account.removed_at.is_(None)
        )
        .order_by(Account.email)
    ).all()


def list_senders(session: Session, workspace_id: int, moment: Moment) -> list[Sender]:
    """The accounts through which what a person writes could leave now, those first that campaigns may use as well.

    The connection, a cooldown and the provider's ceiling stop it, as `rules/send_gate.py` has it; the rest of the
    state does not.
    """
    hours = sa.and_(InboxHour.account_id == Account.id, InboxHour.hour >= counted_since(moment.now))
    used = sa.select(sa.func.coalesce(sa.func.sum(InboxHour.used), 0)).where(hours).scalar_subquery()
    status = status_expression(moment)
    ceiling = (Account.provider, DomainHealth.name, Account.is_personal, Account.stated_ceiling)
    rows = session.execute(
        _joined(workspace_id, moment.day)
        .where(Account.connection_state == ConnectionState.OK)
        .where(Account.cooldown_until.is_(None) | (Account.cooldown_until <= moment.now))
        .where(~Account.needs_acknowledgement)
        .with_only_columns(Account.id, Account.email, status, *ceiling, used)
        .order_by(_worst_first(status).desc(), Account.rotation_priority, Account.email)
    )
    return [
        Sender(account_id, email, StatusKey(key))
        for account_id, email, key, provider, domain, is_personal, stated, in_24_hours in rows
        if in_24_hours < provider_cap(Provider(provider), domain, is_personal=is_personal, stated=stated)
    ]


def count_by_status(session: Session, workspace_id: int, moment: Moment) -> dict[StatusKey, int]:
    """How many accounts are in each state; states without an account are left out."""
    status = status_expression(moment)
    rows = session.execute(
        _joined(workspace_id, moment.day).with_only_columns(status, sa.func.count()).group_by(status)
    )
    return {StatusKey(key): count for key, count in rows}


def domain_names(session: Session, workspace_id: int) -> Sequence[str]:
    """The sending domains that have an account, in alphabetical order."""
    return session.scalars(
        sa.select(DomainHealth.name)
        .where(
            DomainHealth.workspace_id == workspace_id,
            sa.exists().where(Account.domain_id == DomainHealth.id, Account.removed_at.is_(None)),
        )
        .order_by(DomainHealth.name)
    ).all()


def count_connected(session: Session, workspace_id: int) -> int:
    """How many connected accounts a workspace has."""
    connected = sa.select(sa.func.count()).where(
        Account.workspace_id == workspace_id, Account.removed_at.is_(None)
    )
    return session.scalar(connected) or 0


def count_on_domain(session: Session, workspace_id: int, domain_id: int) -> int:
    """How many connected accounts a sending domain has."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(
                Account.workspace_id == workspace_id,
                Account.domain_id == domain_id,
                Account.removed_at.is_(None),
            )
        )
        or 0
    )


def _joined(workspace_id: int, day: date) -> sa.Select[Any]:
    return (
        sa.select(Account)
        .join(Account.domain)
        .outerjoin(InboxDay, sa.and_(InboxDay.account_id == Account.id, InboxDay.day == day))
        .outerjoin(MailServer, sa.and_(MailServer.account_id == Account.id, MailServer.leg == Leg.IMAP))
        .where(Account.workspace_id == workspace_id, Account.removed_at.is_(None))
    )


def _worst_first(status: sa.ColumnElement[str]) -> sa.Case[int]:
    return sa.case(*((status == key, rank) for rank, key in enumerate(StatusKey)))


def _order(paging: Paging, status: sa.ColumnElement[str]) -> list[Any]:
    columns: dict[str, Any] = {
        "status": _worst_first(status),
        "account": Account.email,
        "health": sa.func.coalesce(Account.overall_score, -1),
        "stage": Account.current_stage,
        "today": _sent_today,
        "bounce": sa.func.coalesce(Account.bounce_rate_7d, -1),
        "complaints": sa.func.coalesce(Account.complaint_rate_7d, -1),
    }
    first = columns[paging.sort]
    order = [first.desc() if paging.descending else first.asc()]
    if paging.sort == "status":
        order.append(sa.func.coalesce(Account.overall_score, 101).asc())  # then the least healthy
    return [*order, Account.email, Account.id]


def find_account_by_email(session: Session, workspace_id: int, email: str) -> EmailAccountHealth | None:
    """The connected account with this address in this workspace."""
    return session.scalar(
        sa.select(Account).where(
            Account.workspace_id == workspace_id, Account.email == email, Account.removed_at.is_(None)
        )
    )
