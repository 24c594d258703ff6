"""The inboxes of a campaign's pool as its rules see them: all at once for a batch, one again where it is to be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from nimbus.clock import local_day, next_midnight
from nimbus.models import (
    CampaignInbox,
    DomainHealth,
    EmailAccountHealth,
    InboxDay,
    InboxHour,
    InboxRotation,
    Send,
)
from nimbus.models.base import table_of
from nimbus.rules.campaign_types import CampaignType, Restriction
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.deferral import Judged
from nimbus.rules.eligibility import Candidate, Wanted, check
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rotation import Standing
from nimbus.rules.send_gate import counted_since
from nimbus.rules.send_state import SendKind, SendState
from nimbus.services.prepared import Writing
from nimbus.services.todays_limit import SHAPE_THE_LIMIT, ceiling_of, todays_limit

TOGETHER = 20  # inboxes that are read again at once, at most
_ACCOUNT, _DOMAIN, _POOL = table_of(EmailAccountHealth), table_of(DomainHealth), table_of(CampaignInbox)
_DAY, _HOUR, _SEND, _TURN = table_of(InboxDay), table_of(InboxHour), table_of(Send), table_of(InboxRotation)
_OTHERS = ("id", "email", "is_active", "restriction", "current_stage", "stage_sentence", "connection_state")
_WAITS = (
    "cooldown_until",
    "cooldown_kind",
    "needs_acknowledgement",
    "server_pause_reason",
    "rotation_priority",
)


@dataclass(frozen=True, slots=True)
class Look:
    """From where and when a pool is looked at. Spacing is judged at `moment`; `timezone` is the workspace's."""

    workspace_id: int
    campaign_id: int
    wanted: Wanted
    timezone: str
    moment: datetime

    @property
    def values(self) -> dict[str, Any]:
        """What the queries of a pool are asked with."""
        return {
            "of_workspace": self.workspace_id,
            "of_campaign": self.campaign_id,
            "of_day": local_day(self.moment, self.timezone),
            "since": counted_since(self.moment),
        }


@dataclass(frozen=True, slots=True)
class PoolInbox:
    """One inbox of a pool, judged, with its place in the order."""

    judged: Judged
    standing: Standing


def read_pool(writing: Writing, look: Look) -> list[PoolInbox]:
    """Every connected inbox of the pool, in one query."""
    return [_inbox(row, look) for row in writing.rows(_pool(), look.values)]


def read_again(writing: Writing, look: Look, account_ids: Sequence[int]) -> dict[int, PoolInbox]:
    """Some inboxes as they are now, TOGETHER at most; those that left the pool are missing.

    Nobody changes them, their domains or their slots until this transaction ends, nor reads them in this way.
    """
    asked = {_place(number): account_ids[number % len(account_ids)] for number in range(TOGETHER)}
    # First of all: on Postgres a query that waits for a lock sees the slots and counts of before.
    writing.rows(_locked(), asked)
    return {row.id: _inbox(row, look) for row in writing.rows(_some(), look.values | asked)}


def read_alone(writing: Writing, look: Look, account_id: int) -> PoolInbox | None:
    """One inbox of the pool as it is now, for looking only; None: it is not in the pool."""
    found = writing.rows(_alone(), look.values | {"of_account": account_id})
    return _inbox(found[0], look) if found else None


def read_outside(writing: Writing, look: Look) -> list[PoolInbox]:
    """Every connected inbox of the workspace that is not in the pool."""
    return [_inbox(row, look) for row in writing.rows(_outside(), look.values)]


def wanted_by(campaign: Any) -> Wanted:
    """What a campaign asks of its inboxes."""
    return Wanted(CampaignType(campaign.campaign_type), campaign.min_health_score)


def _inbox(row: Any, look: Look) -> PoolInbox:
    inbox = _candidate(row, look)
    standing = Standing(
        account_id=row.id,
        priority=row.rotation_priority,
        score=inbox.score,
        sent_today=inbox.sent_today,
        budget=inbox.todays_limit - inbox.warmup_hold,
        last_used_at=row.last_used_at,
        free_at=max(look.moment, row.next_slot_at or look.moment),
    )
    return PoolInbox(Judged(inbox, check(inbox, look.wanted)), standing)


def _candidate(row: Any, look: Look) -> Candidate:
    shaped = todays_limit(
        row, domain=row.domain, resumed_at=row.resumed_at, timezone=look.timezone, moment=look.moment
    )
    return Candidate(
        now=look.moment,
        timezone=look.timezone,
        inbox=row.email,
        restriction=Restriction(row.restriction),
        is_active=row.is_active,
        connection_state=ConnectionState(row.connection_state),
        domain=row.domain,
        domain_pause_reason=row.pause_reason,
        server_pause_reason=row.server_pause_reason,
        score=row.overall_score,
        sent_today=row.used_today + row.waiting,
        todays_limit=shaped.limit,
        resets_at=next_midnight(look.moment, look.timezone),
        sent_in_24_hours=row.used_in_24_hours + row.waiting,
        provider_cap=ceiling_of(row, row.domain),
        warmup_hold=0,  # nothing plans warmup mail yet
        stage=row.current_stage,
        stage_sentence=row.stage_sentence,
        cooldown_until=row.cooldown_until,
        cooldown_kind=CooldownKind(row.cooldown_kind) if row.cooldown_kind else None,
        waits_for_owner=row.needs_acknowledgement,
        next_slot_at=row.next_slot_at,
    )


@cache
def _inboxes() -> sa.Select[Any]:
    """What was given to an inbox and waits there counts as used: it has its place in today's number already."""
    used = sa.select(_DAY.c.sent + _DAY.c.reserved).where(
        _DAY.c.account_id == _ACCOUNT.c.id, _DAY.c.day == sa.bindparam("of_day", type_=sa.Date)
    )
    in_24_hours = sa.select(sa.func.sum(_HOUR.c.used)).where(
        _HOUR.c.account_id == _ACCOUNT.c.id, _HOUR.c.hour >= sa.bindparam("since", type_=_HOUR.c.hour.type)
    )
    waiting = sa.select(sa.func.count()).where(
        _SEND.c.account_id == _ACCOUNT.c.id,
        _SEND.c.state == SendState.QUEUED,
        _SEND.c.kind == SendKind.CAMPAIGN,
    )
    return sa.select(
        *(_ACCOUNT.c[name] for name in (*_OTHERS, *_WAITS)),
        *(_ACCOUNT.c[name] for name in SHAPE_THE_LIMIT if name != "overall_score"),
        sa.cast(_ACCOUNT.c.overall_score, sa.Integer).label("overall_score"),
        _DOMAIN.c.name.label("domain"),
        _DOMAIN.c.pause_reason,
        _DOMAIN.c.resumed_at,
        sa.func.coalesce(used.scalar_subquery(), 0).label("used_today"),
        sa.func.coalesce(in_24_hours.scalar_subquery(), 0).label("used_in_24_hours"),
        waiting.scalar_subquery().label("waiting"),
        _TURN.c.last_used_at,
        _TURN.c.next_slot_at,
    )


@cache
def _pool() -> sa.Select[Any]:
    return (
        _inboxes()
        .select_from(_POOL)
        .join(_ACCOUNT, _ACCOUNT.c.id == _POOL.c.account_id)
        .join(_DOMAIN, _DOMAIN.c.id == _ACCOUNT.c.domain_id)
        .outerjoin(_TURN, _TURN.c.account_id == _ACCOUNT.c.id)
        .where(
            _POOL.c.workspace_id == sa.bindparam("of_workspace"),
            _POOL.c.campaign_id == sa.bindparam("of_campaign"),
            _ACCOUNT.c.removed_at.is_(None),
        )
    )


@cache
def _outside() -> sa.Select[Any]:
    in_pool = sa.exists().where(
        _POOL.c.campaign_id == sa.bindparam("of_campaign"), _POOL.c.account_id == _ACCOUNT.c.id
    )
    return (
        _inboxes()
        .select_from(_ACCOUNT)
        .join(_DOMAIN, _DOMAIN.c.id == _ACCOUNT.c.domain_id)
        .outerjoin(_TURN, _TURN.c.account_id == _ACCOUNT.c.id)
        .where(
            _ACCOUNT.c.workspace_id == sa.bindparam("of_workspace"), _ACCOUNT.c.removed_at.is_(None), ~in_pool
        )
    )


@cache
def _alone() -> sa.Select[Any]:
    return _pool().where(_POOL.c.account_id == sa.bindparam("of_account"))


@cache
def _locked() -> sa.Select[Any]:
    """In one order for all."""
    ids = sa.select(_ACCOUNT.c.id).where(_ACCOUNT.c.id.in_(_places())).order_by(_ACCOUNT.c.id)
    return ids.with_for_update(key_share=True)


@cache
def _some() -> sa.Select[Any]:
    """A change of a domain comes before all this, or after; two batches may read the same domain."""
    return _pool().where(_POOL.c.account_id.in_(_places())).with_for_update(read=True, of=_DOMAIN)


def _places() -> list[sa.BindParameter[int]]:
    return [sa.bindparam(_place(number), type_=sa.Integer) for number in range(TOGETHER)]


def _place(number: int) -> str:
    return f"account_{number}"
