"""Reading what a look at a fleet needs: as many queries for ten thousand inboxes as for one, and no message among it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import (
    CooldownRow,
    DomainHealth,
    EmailAccountHealth,
    HealthDay,
    InboxDay,
    InboxEvent,
    InboxHealthState,
    InboxMailDay,
    InboxMailHour,
)
from nimbus.models.base import table_of
from nimbus.rules.cooldowns import REPEAT_WITHIN, Cooldown
from nimbus.rules.fading import COUNTED_DAYS
from nimbus.rules.health_facts import Day, Streams
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.limit_ramp import Yesterday
from nimbus.rules.outcomes import Stream
from nimbus.rules.placement import Placement
from nimbus.rules.rates import Tally, window_start
from nimbus.rules.recent_attempts import Recent
from nimbus.services.cool_down import as_cooldown
from nimbus.services.count_events import read_recent
from nimbus.services.spam_rates import read_spam_rates

_ACCOUNT, _STATE = table_of(EmailAccountHealth), table_of(InboxHealthState)
_HOUR, _DAY = table_of(InboxMailHour), table_of(InboxMailDay)
_NONE = Tally()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was read of a fleet, by the inbox's id; an inbox without mail is in `inboxes` only."""

    inboxes: list[Any]
    weeks: Mapping[int, tuple[Streams, Streams, Placement]]  # shown, judged, and where warmup mail landed
    days: Mapping[int, list[Day]]
    recent: Mapping[int, list[Recent]]
    cooldowns: Mapping[int, list[Cooldown]]
    yesterdays: Mapping[int, Yesterday]
    complaints: Mapping[int, int]  # heard of since a probation began
    spam: Mapping[int, Mapping[date, float]]  # what was reported of the domains, by their ids


def read_fleet(
    session: Session,
    workspace_id: int,
    *,
    moment: datetime,
    today: date,
    only_dirty: bool,
    of_account: int | None = None,
) -> Looked:
    """Everything about the connected inboxes of a workspace, about one, or about those whose last look does not hold."""
    chosen = _chosen(workspace_id, today, only_dirty=only_dirty)
    if of_account is not None:
        chosen = chosen.where(_ACCOUNT.c.id == of_account)
    inboxes = list(session.execute(_inboxes(chosen)))
    ids = chosen.with_only_columns(_ACCOUNT.c.id)
    return Looked(
        inboxes,
        _weeks(session, ids, window_start(moment)),
        _days(session, ids, moment.astimezone(UTC).date()),
        read_recent(session, ids),
        _cooldowns(session, ids, moment),
        _yesterdays(session, ids, today - timedelta(days=1)),
        _complaints(session, ids),
        read_spam_rates(session, list({row.domain_id for row in inboxes})),
    )


def read_placement(session: Session, account_id: int, moment: datetime) -> Placement:
    """Where the warmup mail of one inbox landed in the seven days before a moment."""
    inbox = sa.select(_ACCOUNT.c.id).where(_ACCOUNT.c.id == account_id)
    week = _weeks(session, inbox, window_start(moment)).get(account_id)
    return week[2] if week else Placement()


def _chosen(workspace_id: int, today: date, *, only_dirty: bool) -> sa.Select[Any]:
    chosen = (
        sa.select(_ACCOUNT)
        .outerjoin(_STATE, _STATE.c.account_id == _ACCOUNT.c.id)
        .where(_ACCOUNT.c.workspace_id == workspace_id, _ACCOUNT.c.removed_at.is_(None))
    )
    if not only_dirty:
        return chosen
    return chosen.where(~is_judged(today))


def is_judged(today: date) -> sa.ColumnElement[bool]:
    """Whether the last look at an inbox still holds: nothing was heard since, no day began, nobody changed it."""
    return sa.and_(
        _STATE.c.dirty_at.is_(None),
        _STATE.c.reviewed_day.is_not_distinct_from(today),
        _STATE.c.left_version.is_not_distinct_from(_ACCOUNT.c.health_version),
        _STATE.c.left_connection.is_not_distinct_from(_ACCOUNT.c.connection_state),
    )


def _inboxes(chosen: sa.Select[Any]) -> sa.Select[Any]:
    of_state = [column for column in _STATE.c if column.name not in {"account_id", "workspace_id"}]
    domain = table_of(DomainHealth).c
    shared = (
        domain.pause_reason,
        domain.resumed_at,
        domain.is_public_provider,
        domain.listed_on,
        domain.has_both,
        domain.has_dmarc,
    )
    return (
        chosen.join(DomainHealth, domain.id == _ACCOUNT.c.domain_id)
        .with_only_columns(
            *_ACCOUNT.c, *of_state, domain.name.label("domain"), domain.score.label("domain_score"), *shared
        )
        .order_by(_ACCOUNT.c.id)
    )


def _weeks(
    session: Session, ids: sa.Select[Any], start: datetime
) -> dict[int, tuple[Streams, Streams, Placement]]:
    names = ("sent", "failed", "complaints")
    is_judged = sa.or_(_STATE.c.judged_from.is_(None), _HOUR.c.hour > _STATE.c.judged_from)
    query = (
        sa.select(
            _HOUR.c.account_id,
            _HOUR.c.stream,
            *(sa.func.sum(_HOUR.c[name]) for name in names),
            *(sa.func.sum(sa.case((is_judged, _HOUR.c[name]), else_=0)) for name in names),
            sa.func.sum(_HOUR.c.in_inbox),
            sa.func.sum(_HOUR.c.in_spam),
        )
        .outerjoin(_STATE, _STATE.c.account_id == _HOUR.c.account_id)
        .where(_HOUR.c.account_id.in_(ids), _HOUR.c.hour >= start)
        .group_by(_HOUR.c.account_id, _HOUR.c.stream)
    )
    found: dict[int, dict[str, tuple[Tally, Tally, int, int]]] = defaultdict(dict)
    for account_id, stream, *sums in session.execute(query):
        numbers = [int(number) for number in sums]
        found[account_id][stream] = Tally(*numbers[:3]), Tally(*numbers[3:6]), numbers[6], numbers[7]
    nothing = (_NONE, _NONE, 0, 0)
    weeks = {}
    for account_id, streams in found.items():
        production, warmup = (streams.get(stream, nothing) for stream in (Stream.PRODUCTION, Stream.WARMUP))
        placed = Placement(warmup[2], warmup[2] + warmup[3])
        weeks[account_id] = Streams(production[0], warmup[0]), Streams(production[1], warmup[1]), placed
    return weeks


def _days(session: Session, ids: sa.Select[Any], today: date) -> dict[int, list[Day]]:
    query = sa.select(
        _DAY.c.account_id, _DAY.c.day, _DAY.c.stream, _DAY.c.sent, _DAY.c.failed, _DAY.c.complaints
    ).where(_DAY.c.account_id.in_(ids), _DAY.c.day > today - timedelta(days=COUNTED_DAYS))
    days: dict[int, list[Day]] = defaultdict(list)
    for account_id, day, stream, *counts in session.execute(query):
        tally, is_warmup = Tally(*counts), stream == Stream.WARMUP
        age = max(0, (today - day).days)
        days[account_id].append(Day(age, _NONE if is_warmup else tally, tally if is_warmup else _NONE))
    return days


def _cooldowns(session: Session, ids: sa.Select[Any], moment: datetime) -> dict[int, list[Cooldown]]:
    counts = sa.or_(CooldownRow.began_at > moment - REPEAT_WITHIN, CooldownRow.until > moment)
    query = sa.select(CooldownRow).where(CooldownRow.account_id.in_(ids), counts)
    cooldowns: dict[int, list[Cooldown]] = defaultdict(list)
    for row in session.scalars(query.order_by(CooldownRow.began_at, CooldownRow.id)):
        cooldowns[row.account_id].append(as_cooldown(row))
    return cooldowns


def _yesterdays(session: Session, ids: sa.Select[Any], yesterday: date) -> dict[int, Yesterday]:
    used = sa.func.coalesce(InboxDay.sent + InboxDay.reserved, 0)
    of_day = sa.and_(InboxDay.account_id == HealthDay.account_id, InboxDay.day == HealthDay.day)
    flags = (HealthDay.was_held, HealthDay.was_cooling, HealthDay.was_domain_paused)
    query = (
        sa.select(HealthDay.account_id, HealthDay.limit, used, HealthDay.score, *flags)
        .outerjoin(InboxDay, of_day)
        .where(HealthDay.account_id.in_(ids), HealthDay.day == yesterday)
    )
    return {
        account_id: Yesterday(
            limit=limit,
            used=sent,
            score=score,
            was_held=held,
            was_cooling=cooling,
            was_domain_paused=paused,
        )
        for account_id, limit, sent, score, held, cooling, paused in session.execute(query)
    }


def _complaints(session: Session, ids: sa.Select[Any]) -> dict[int, int]:
    query = (
        sa.select(InboxEvent.account_id, sa.func.count())
        .join(_STATE, _STATE.c.account_id == InboxEvent.account_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == InboxEvent.account_id)
        .where(
            InboxEvent.account_id.in_(ids),
            _ACCOUNT.c.hold_state == HoldState.PROBATION,
            InboxEvent.kind == EventKind.COMPLAINT,
            InboxEvent.heard_at > _STATE.c.hold_since,
        )
        .group_by(InboxEvent.account_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
