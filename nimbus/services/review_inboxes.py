"""Judging the inboxes of a workspace by what was counted, and keeping what that changes.

Everything is read and worked out before anything is written. An inbox that somebody else has changed meanwhile is
left as it is, and stays due for the next look: `health_version` tells.
"""

from collections.abc import Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import local_day, now
from nimbus.database import begin_reading, dialect_of, insert_or, transaction
from nimbus.extensions import db
from nimbus.models import CooldownRow, EmailAccountHealth, HealthDay, HealthEvent, InboxHealthState, Workspace
from nimbus.models.base import Base, table_of
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.cooldowns import Cooldown, running
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_review import Review, review
from nimbus.rules.outcomes import Outcome
from nimbus.rules.warmup_progress import shown_progress
from nimbus.services.cool_down import clock_of
from nimbus.services.count_troubled import warn_of_inboxes
from nimbus.services.domain_facts import is_troubled
from nimbus.services.health_facts import facts_of
from nimbus.services.health_lines import health_lines
from nimbus.services.health_memory import as_memory, remembered_inbox
from nimbus.services.health_reads import Looked, read_fleet
from nimbus.services.todays_limit import todays_limit
from nimbus.services.wake_campaigns import wake_campaigns

_ACCOUNT = table_of(EmailAccountHealth)


class _Judged(NamedTuple):
    """An inbox as it was read, the verdict, and what its row becomes."""

    row: Any
    review: Review
    values: dict[str, Any]
    differs: bool  # whether the row says something else with that
    begun: list[dict[str, Any]]  # the cooldowns that its mail called for, as rows


def review_inboxes(workspace_id: int, *, only_dirty: bool = True, of_account: int | None = None) -> int:
    """Look at the inboxes whose last look does not hold, at all or at one; how many were judged."""
    moment = now()
    reading = db.session()
    begin_reading(reading)  # what is read of an inbox belongs to the version that is read with it
    timezone = reading.scalar(sa.select(Workspace.timezone).where(Workspace.id == workspace_id))
    if timezone is None:
        return 0
    today = local_day(moment, timezone)
    looked = read_fleet(
        reading, workspace_id, moment=moment, today=today, only_dirty=only_dirty, of_account=of_account
    )
    db.session.remove()
    judged = [_judge(row, looked, moment=moment, timezone=timezone) for row in looked.inboxes]
    if not judged:
        return 0
    with transaction() as session:
        judged = _still_so(session, workspace_id, judged)
        _keep(session, judged, moment=moment, today=today)
    if crossing := {each.row.domain_id for each in judged if _crosses(each)}:
        warn_of_inboxes(crossing)
    return len(judged)


def _judge(row: Any, looked: Looked, *, moment: datetime, timezone: str) -> _Judged:
    inbox = remembered_inbox(row, tuple(looked.cooldowns.get(row.id, ())))
    found = review(inbox, facts_of(row, looked, moment=moment, today=local_day(moment, timezone)))
    failed = [
        f"send:{each.send_id}"
        for each in looked.recent.get(row.id, ())
        if each.attempt.outcome is Outcome.PERMANENT and each.send_id is not None
    ]
    begun = [_begun(row, each, failed) for each in found.inbox.cooldowns[len(inbox.cooldowns) :]]
    values = _values(row, found, moment, timezone)
    return _Judged(row, found, values, _differs(row, values), begun)


def _values(row: Any, found: Review, moment: datetime, timezone: str) -> dict[str, Any]:
    shown = found.rates
    values: dict[str, Any] = {
        "overall_score": float(found.overall.score),
        "reputation_score": float(found.reputation.score),
        "warmup_progress": shown_progress(row.warmup_sends or 0),
        "current_stage": found.inbox.stage,
        "daily_send_limit": found.inbox.limit,
        "hold_state": found.inbox.hold.state,
        "bounce_rate_7d": shown.bounce.value,
        "bounce_count": shown.bounce.count,
        "bounce_of": shown.bounce.of,
        "complaint_rate_7d": shown.complaint.value,
        "complaint_count": shown.complaint.count,
        "complaint_of": shown.complaint.of,
        "rates_basis": shown.basis,
        "health_level": int(max(found.bounce_level, found.complaint_level)),
        "stage_sentence": found.stage_sentence,
        "score_record": found.as_record(),
    }
    values |= clock_of(list(found.inbox.cooldowns), moment)
    after = SimpleNamespace(**row._asdict() | values)
    shaped = todays_limit(
        after, domain=row.domain, resumed_at=row.resumed_at, timezone=timezone, moment=moment
    )
    return values | {"effective_limit": shaped.limit}


def _still_so(session: Session, workspace_id: int, judged: Sequence[_Judged]) -> list[_Judged]:
    """Those that nobody has changed since they were read; nobody can until this transaction ends."""
    of_workspace = sa.select(_ACCOUNT.c.id, _ACCOUNT.c.health_version).where(
        _ACCOUNT.c.workspace_id == workspace_id, _ACCOUNT.c.removed_at.is_(None)
    )
    locked = of_workspace.order_by(_ACCOUNT.c.id).with_for_update(key_share=True)
    versions = {row.id: row.health_version for row in session.execute(locked)}
    return [each for each in judged if versions.get(each.row.id) == each.row.health_version]


def _keep(session: Session, judged: Sequence[_Judged], *, moment: datetime, today: date) -> None:
    changed = [each for each in judged if each.differs]
    if changed:
        update = sa.update(_ACCOUNT).where(_ACCOUNT.c.id == sa.bindparam("of_account"))
        update = update.values(health_version=_ACCOUNT.c.health_version + 1)
        session.connection().execute(update, [each.values | {"of_account": each.row.id} for each in changed])
        better = [each.row.id for each in changed if _is_better(each)]
        wake_campaigns(session, changed[0].row.workspace_id, better)
    lines = [line for each in judged for line in health_lines(each.row, each.review, moment)]
    if lines:
        session.execute(sa.insert(HealthEvent), lines)
    begun = [row for each in judged for row in each.begun]
    if begun:
        session.execute(sa.insert(CooldownRow), begun)
    news = [(each, memory) for each in judged if _is_news(each, memory := _memory(each, today))]
    _put(session, HealthDay, [_day(each, moment, today) for each, _ in news])
    _put(session, InboxHealthState, [memory for _, memory in news])


def _crosses(judged: _Judged) -> bool:
    """Whether an inbox has got into trouble, or out of it: its domain counts how many are."""
    before, after = judged.row._asdict(), judged.values
    return is_troubled(before["hold_state"], before["overall_score"]) != is_troubled(
        after["hold_state"], after["overall_score"]
    )


def _is_better(judged: _Judged) -> bool:
    """Whether an inbox may send what it could not before: a campaign that waits for one looks again at once."""
    before, after = judged.row._asdict(), judged.values
    rises = ("overall_score", "current_stage", "effective_limit")
    if any((after[name] or 0) > (before[name] or 0) for name in rises):
        return True
    return before["cooldown_until"] is not None and after["cooldown_until"] is None


def _differs(row: Any, values: dict[str, Any]) -> bool:
    """Whether the row says something else, but for the moment it was worked out."""
    before = row._asdict()
    old, new = before["score_record"] or {}, values["score_record"]
    is_same_score = {**old, "computed_at": None} == {**new, "computed_at": None}
    others = (name for name in values if name != "score_record")
    return not is_same_score or any(before[name] != values[name] for name in others)


def _is_news(judged: _Judged, memory: dict[str, Any]) -> bool:
    """Whether the inbox is not as the last look left it; else this one has nothing to keep."""
    before = judged.row._asdict() | _of(judged.row) | {"warmup_sends": 0}
    return before["dirty_at"] is not None or any(before[name] != memory[name] for name in memory)


def _of(row: Any) -> dict[str, Any]:
    return {"workspace_id": row.workspace_id, "account_id": row.id}


def _begun(row: Any, cooldown: Cooldown, failed: list[str]) -> dict[str, Any]:
    """A cooldown that its mail called for, with the messages behind it."""
    return _of(row) | {
        "kind": cooldown.kind,
        "began_at": cooldown.began_at,
        "until": cooldown.until,
        "step": cooldown.step,
        "cause": f"review:{cooldown.began_at.isoformat()}",
        "events": failed if cooldown.kind is CooldownKind.BOUNCE_BURST else [],
        "said": f"Cooldown after {cooldown.kind.in_words}",
    }


def _day(judged: _Judged, moment: datetime, today: date) -> dict[str, Any]:
    found = judged.review
    return _of(judged.row) | {
        "day": today,
        "score": found.overall.score,
        "reputation": found.reputation.score,
        "stage": found.inbox.stage,
        "limit": found.inbox.limit,
        "was_held": found.inbox.hold.state is not HoldState.NONE,
        "was_cooling": bool(running(found.inbox.cooldowns, moment)),
        "was_domain_paused": judged.row.pause_reason is not None,
    }


def _memory(judged: _Judged, today: date) -> dict[str, Any]:
    left = {
        "reviewed_day": today,
        "left_version": judged.row.health_version + judged.differs,
        "left_connection": judged.row.connection_state,
    }
    counted = {"warmup_sends": 0, "dirty_at": judged.row.dirty_at}
    return _of(judged.row) | as_memory(judged.review.inbox) | left | counted


def _put(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows over those that are there. What has once been so of a day stays so; what came in since is still due."""
    if not rows:
        return
    put, kept = insert_or(model, dialect_of(session)), table_of(model).c
    keys = [column.name for column in table_of(model).primary_key]
    after: dict[str, Any] = {name: put.excluded[name] for name in rows[0] if name not in keys}
    after |= {name: sa.or_(kept[name], put.excluded[name]) for name in rows[0] if name.startswith("was_")}
    if model is InboxHealthState:
        del after["warmup_sends"]  # counted elsewhere
        is_judged = kept.dirty_at == put.excluded.dirty_at
        after["dirty_at"] = sa.case((is_judged, sa.null()), else_=kept.dirty_at)
    session.execute(put.on_conflict_do_update(index_elements=keys, set_=after), rows)
