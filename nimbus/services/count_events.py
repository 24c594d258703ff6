"""Counting what was heard of a workspace's inboxes: each event once, into the hour and the day its mail was sent in.

Setting `counted_at` is the lock: whoever set it counts, in the same transaction, and nobody else finds the event.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.models import (
    EmailAccountHealth,
    InboxEvent,
    InboxHealthState,
    InboxMailDay,
    InboxMailHour,
    InboxRecent,
    Workspace,
)
from nimbus.models.base import Base, table_of
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.outcomes import Attempt, Outcome, Stream
from nimbus.rules.recent_attempts import Heard, Recent, remembered
from nimbus.services.cool_down import Why, begin_cooldown

AT_ONCE = 2000  # events in one transaction: after a long silence others must be able to write in between

_EVENT = table_of(InboxEvent)
_COUNTED_AS = {
    EventKind.SENT: "sent",
    EventKind.PERMANENT: "failed",
    EventKind.COMPLAINT: "complaints",
    EventKind.PLACED_INBOX: "in_inbox",
    EventKind.PLACED_SPAM: "in_spam",
}
_NOTHING = dict.fromkeys(_COUNTED_AS.values(), 0)


def count_events(workspace_id: int) -> int:
    """Count what was heard since the last time; how many events. Safe at the same time as any other counting."""
    counted = 0
    while some := _count_some(workspace_id):
        counted += some
    return counted


def _count_some(workspace_id: int) -> int:
    with transaction() as session:
        lock_looks(session, workspace_id)
        waiting = sa.select(_EVENT.c.id).where(
            _EVENT.c.workspace_id == workspace_id, _EVENT.c.counted_at.is_(None)
        )
        some = waiting.order_by(_EVENT.c.id).limit(AT_ONCE)
        counting = (
            sa.update(_EVENT)
            .where(
                _EVENT.c.workspace_id == workspace_id, _EVENT.c.counted_at.is_(None), _EVENT.c.id.in_(some)
            )
            .values(counted_at=now())
        )
        events = session.execute(counting.returning(*_EVENT.c)).all()
        events = sorted(events, key=lambda event: event.id)
        if not events:
            return 0
        _add_up(session, InboxMailHour, "hour", _tallies(events, _hour_of))
        _add_up(session, InboxMailDay, "day", _tallies(events, lambda at: _hour_of(at).date()))
        _remember(session, workspace_id, events)
        _make_dirty(session, events)
        _cool_down(session, events)
        return len(events)


def lock_looks(session: Session, workspace_id: int) -> None:
    """Let counting and judging of one workspace wait for each other; what sends does not wait for either."""
    row = sa.select(Workspace.id).where(Workspace.id == workspace_id)
    session.execute(row.with_for_update(key_share=True))


def read_recent(session: Session, accounts: Collection[int] | sa.Select[Any]) -> dict[int, list[Recent]]:
    """The last attempts of these inboxes, oldest first; those that never tried are left out."""
    found = session.execute(
        sa.select(InboxRecent.account_id, InboxRecent.attempts).where(InboxRecent.account_id.in_(accounts))
    )
    return {account_id: [_read(*entry) for entry in attempts] for account_id, attempts in found}


_Key = tuple[int, int, Any, str]


def _tallies(events: Sequence[Any], slot_of: Any) -> dict[_Key, Counter[str]]:
    """What the events add, by workspace, inbox, hour or day, and stream."""
    tallies: dict[_Key, Counter[str]] = defaultdict(Counter)
    for event in events:
        name = _COUNTED_AS.get(EventKind(event.kind))
        if name is not None and event.stream is not None:
            tallies[event.workspace_id, event.account_id, slot_of(event.at), event.stream][name] += 1
    return tallies


def _add_up(session: Session, model: type[Base], slot: str, tallies: Mapping[_Key, Counter[str]]) -> None:
    if not tallies:
        return
    columns = table_of(model).c
    put = insert_or(model, dialect_of(session))
    more = {name: columns[name] + put.excluded[name] for name in _NOTHING}
    rows = [
        {"workspace_id": workspace_id, "account_id": account_id, slot: moment, "stream": stream}
        | _NOTHING
        | added
        for (workspace_id, account_id, moment, stream), added in sorted(tallies.items())
    ]
    keys = ["account_id", slot, "stream"]
    session.execute(put.on_conflict_do_update(index_elements=keys, set_=more), rows)


def _remember(session: Session, workspace_id: int, events: Sequence[Any]) -> None:
    news: dict[int, list[Heard]] = defaultdict(list)
    for event in events:
        if event.stream is not None:
            heard = Heard(EventKind(event.kind), event.send_id, event.at, Stream(event.stream))
            news[event.account_id].append(heard)
    before = read_recent(session, news)
    rows = [
        {
            "workspace_id": workspace_id,
            "account_id": account_id,
            "attempts": [_written(each) for each in remembered(before.get(account_id, ()), heard)],
        }
        for account_id, heard in sorted(news.items())
    ]
    if rows:
        put = insert_or(InboxRecent, dialect_of(session))
        after = {"attempts": put.excluded.attempts}
        session.execute(put.on_conflict_do_update(index_elements=["account_id"], set_=after), rows)


def _make_dirty(session: Session, events: Sequence[Any]) -> None:
    """What is counted for ever, and that the next look has something to judge."""
    moment = now()
    rows: dict[int, dict[str, Any]] = {}
    for event in events:
        kind, is_warmup = EventKind(event.kind), event.stream == Stream.WARMUP
        row = rows.setdefault(
            event.account_id,
            {
                "workspace_id": event.workspace_id,
                "account_id": event.account_id,
                "warmup_sends": 0,
                "last_mail_at": None,
                "dirty_at": moment,
            },
        )
        if kind is EventKind.SENT:
            row["last_mail_at"] = max(event.at, row["last_mail_at"] or event.at)
        row["warmup_sends"] += is_warmup * ((kind is EventKind.SENT) - (kind is EventKind.PERMANENT))
    put, kept = insert_or(InboxHealthState, dialect_of(session)), table_of(InboxHealthState).c
    is_newer = sa.or_(kept.last_mail_at.is_(None), put.excluded.last_mail_at > kept.last_mail_at)
    after = {
        "warmup_sends": kept.warmup_sends + put.excluded.warmup_sends,
        "last_mail_at": sa.case((is_newer, put.excluded.last_mail_at), else_=kept.last_mail_at),
        "dirty_at": put.excluded.dirty_at,
    }
    upsert = put.on_conflict_do_update(index_elements=["account_id"], set_=after)
    session.execute(upsert, [rows[account_id] for account_id in sorted(rows)])


def _cool_down(session: Session, events: Sequence[Any]) -> None:
    """One complaint is a day out of rotation, whoever told of it."""
    for event in events:
        if event.kind == EventKind.COMPLAINT:
            found = sa.select(EmailAccountHealth).where(EmailAccountHealth.id == event.account_id)
            account = session.scalars(
                found.options(selectinload(EmailAccountHealth.domain)).with_for_update(key_share=True)
            ).one()
            why = Why(event.cause, (event.cause,), "Cooldown after a complaint about its mail")
            begin_cooldown(session, account, CooldownKind.COMPLAINT, why)


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _read(send_id: int | None, at: str, stream: str, outcome: str) -> Recent:
    return Recent(send_id, Attempt(datetime.fromisoformat(at), Stream(stream), Outcome(outcome)))


def _written(recent: Recent) -> list[Any]:
    send_id, attempt = recent
    return [send_id, attempt.at.isoformat(), attempt.stream, attempt.outcome]
