"""Which refusals start a cooldown: some at once, others only with what the inbox heard before them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import CooldownRow, EmailAccountHealth, InboxEvent
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.cooldown_triggers import (
    BLOCKS_WITHIN,
    FAILED_CONNECTIONS,
    PACE_WITHIN,
    is_blocked,
    is_cut_off,
    is_throttled,
)
from nimbus.rules.inbox_events import ATTEMPTS, EventKind
from nimbus.rules.send_answers import Category

CALLS = {
    Category.THROTTLE: CooldownKind.THROTTLE,
    Category.PROVIDER_LIMIT: CooldownKind.PROVIDER_DAILY_LIMIT,
    Category.BLOCK_REPUTATION: CooldownKind.REPUTATION_BLOCK,
    Category.CONNECTION: CooldownKind.CONNECTION,
}


class Called(NamedTuple):
    """A cooldown that has to begin, and the causes of the earlier events that it begins with."""

    kind: CooldownKind
    events: tuple[str, ...]


def called_for(
    session: Session, account: EmailAccountHealth, category: Category, *, only_paces: bool
) -> Called | None:
    """What a refusal that was just heard starts; its own event is not written yet.

    only_paces: an interface asks for a slower pace, which means something only when it says so again and again.
    """
    kind = CALLS[category]
    if category is Category.PROVIDER_LIMIT or (category is Category.THROTTLE and not only_paces):
        return Called(kind, ())
    moment, since = now(), _last_began(session, account.id, kind)
    if category is Category.CONNECTION:
        before = _last_attempts(session, account.id, since)
        has_begun = is_cut_off(len(before) + 1)
    elif category is Category.THROTTLE:
        before = _heard(session, account.id, EventKind.THROTTLE, max(since, moment - PACE_WITHIN))
        has_begun = is_throttled([*(each.heard_at for each in before), moment], moment)
    else:
        before = _heard(session, account.id, EventKind.BLOCK, max(since, moment - BLOCKS_WITHIN))
        has_begun = is_blocked([*(each.heard_at for each in before), moment], moment)
    return Called(kind, tuple(each.cause for each in before)) if has_begun else None


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00+00:00")


def _last_began(session: Session, account_id: int, kind: CooldownKind) -> datetime:
    began = sa.select(sa.func.max(CooldownRow.began_at)).where(
        CooldownRow.account_id == account_id, CooldownRow.kind == kind
    )
    return session.scalar(began) or _LONG_AGO


def _heard(session: Session, account_id: int, kind: EventKind, since: datetime) -> Sequence[Any]:
    return session.execute(
        sa.select(InboxEvent.cause, InboxEvent.heard_at)
        .where(InboxEvent.account_id == account_id, InboxEvent.kind == kind, InboxEvent.heard_at > since)
        .order_by(InboxEvent.heard_at)
    ).all()


def _last_attempts(session: Session, account_id: int, since: datetime) -> Sequence[Any]:
    """The failed connections right before now, up to as many as matter, with nothing else between them."""
    last = session.execute(
        sa.select(InboxEvent.cause, InboxEvent.kind)
        .where(
            InboxEvent.account_id == account_id,
            InboxEvent.kind.in_([EventKind.SENT, *sorted(ATTEMPTS)]),
            InboxEvent.heard_at > since,
        )
        .order_by(InboxEvent.heard_at.desc(), InboxEvent.id.desc())
        .limit(FAILED_CONNECTIONS - 1)
    ).all()
    others = (place for place, each in enumerate(last) if each.kind != EventKind.CONNECTION)
    return last[: next(others, len(last))]
