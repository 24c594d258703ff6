"""Cooldowns of an inbox: beginning one, and what a person may do about those that run. No job has to end one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or
from nimbus.errors import NimbusError
from nimbus.models import CooldownRow, EmailAccountHealth, EventTone, InboxHour, Workspace
from nimbus.models.base import table_of
from nimbus.rules.cooldown_kinds import HEALTH, CooldownKind
from nimbus.rules.cooldowns import (
    REPEAT_WITHIN,
    Cooldown,
    begin,
    by_hand,
    cooling_until,
    why_not_end,
)
from nimbus.rules.roles import Role
from nimbus.rules.send_gate import counted_since
from nimbus.services.account_log import Decided, record
from nimbus.services.asker import Asker
from nimbus.services.sender_turn import bring_forward
from nimbus.services.todays_limit import set_todays_limit
from nimbus.services.update_account import changing, note_change


class CannotEnd(NimbusError):
    """The cooldown has to be sat out, or there is none; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a cooldown begins with: the event that started it, all that belong to it, a sentence, what was asked for."""

    cause: str
    events: tuple[str, ...]
    said: str
    retry_after: timedelta = timedelta()


def begin_cooldown(
    session: Session, account: EmailAccountHealth, kind: CooldownKind, why: Why
) -> datetime | None:
    """Begin one for an inbox whose row is locked; until when it runs. None: this event has begun one before."""
    moment = now()
    before = [as_cooldown(row) for row in recent_cooldowns(session, account)]
    cooldown = begin(kind, moment, before, retry_after=why.retry_after)
    if not _put(session, account, cooldown, why):
        return None
    if kind is CooldownKind.PROVIDER_DAILY_LIMIT:
        account.provider_limit_at, account.sent_before_limit = moment, _sent_in_24_hours(session, account.id)
    decided = Decided("", kind, why.cause, {"step": cooldown.step, "until": cooldown.until.isoformat()})
    record(session, account, "cooldown", why.said, tone=EventTone.WARN, decided=decided)
    set_clock(session, account)
    return cooldown.until


def cool_until(asker: Asker, account_id: int, until: datetime) -> None:
    """A person lets an inbox rest until a moment."""
    with changing(asker, account_id) as (session, account):
        cooldown = by_hand(now(), until)
        why = Why(f"person:{asker.user_id}:{now().isoformat()}", (), f"{asker.name} let it rest")
        _put(session, account, cooldown, why)
        decided = Decided("", CooldownKind.MANUAL, why.cause, {"until": cooldown.until.isoformat()})
        record(session, account, "cooldown", why.said, actor=asker.name, decided=decided)
        note_change(session, asker, account, cooldown=f"until {cooldown.until:%Y-%m-%d %H:%M} UTC")
        set_clock(session, account)


def end_cooldowns(asker: Asker, account_id: int) -> None:
    """End what runs, now. Raises CannotEnd where nothing runs or a clock has to be sat out; nothing is ended then."""
    with changing(asker, account_id) as (session, account):
        moment = now()
        ending = [row for row in recent_cooldowns(session, account) if as_cooldown(row).runs(moment)]
        refused = [why for row in ending if (why := why_not_end(as_cooldown(row)))]
        if refused or not ending:
            raise CannotEnd(refused[0] if refused else "It does not cool down any more.")
        for row in ending:
            row.ended_at, row.ended_by = moment, asker.name
        session.flush()
        _log_end(session, asker, account, ending)
        note_change(session, asker, account, cooldown="ended early")
        set_clock(session, account)
        bring_forward(session, asker.workspace_id, account_id)


def acknowledge(asker: Asker, account_id: int) -> None:
    """An owner has looked at the complaints: the clock alone decides again. Raises CannotEnd for anybody else."""
    if asker.role is not Role.OWNER:
        raise CannotEnd("Only an owner can put it back after a third complaint.")
    with changing(asker, account_id) as (session, account):
        waiting = [row for row in recent_cooldowns(session, account) if as_cooldown(row).waits_for_owner]
        if not waiting:
            raise CannotEnd("It does not wait for an owner any more.")
        for row in waiting:
            row.acknowledged_at, row.acknowledged_by = now(), asker.name
        session.flush()
        why = f"{asker.name} looked at its complaints"
        decided = Decided(CooldownKind.COMPLAINT, "", why, {"step": waiting[-1].step})
        said = "Its complaints were looked at"
        record(session, account, "acknowledged", said, actor=asker.name, decided=decided)
        note_change(session, asker, account, complaints="acknowledged")
        set_clock(session, account)
        bring_forward(session, asker.workspace_id, account_id)


def set_clock(session: Session, account: EmailAccountHealth) -> None:
    """What the account's row says of its cooldowns, after they have changed."""
    moment = now()
    cooldowns = [as_cooldown(row) for row in recent_cooldowns(session, account)]
    for name, value in clock_of(cooldowns, moment).items():
        setattr(account, name, value)
    timezone = session.get_one(Workspace, account.workspace_id).timezone
    set_todays_limit(account, timezone)


def clock_of(cooldowns: list[Cooldown], moment: datetime) -> dict[str, object]:
    """The account's columns that tell of its cooldowns."""
    last = max((each for each in cooldowns if each.runs(moment)), key=lambda each: each.until, default=None)
    ends = [each.ended_at or each.until for each in cooldowns if each.kind in HEALTH]
    return {
        "cooldown_until": cooling_until(cooldowns, moment),
        "cooldown_kind": last.kind if last else None,
        "needs_acknowledgement": any(each.waits_for_owner and each.ended_at is None for each in cooldowns),
        "health_cooldown_ends": max(ends, default=None),
    }


def recent_cooldowns(session: Session, account: EmailAccountHealth) -> list[CooldownRow]:
    """Those of the last 30 days and those that still run, in their order."""
    counts = sa.or_(CooldownRow.began_at > now() - REPEAT_WITHIN, CooldownRow.until > now())
    query = sa.select(CooldownRow).where(CooldownRow.account_id == account.id, counts)
    return list(session.scalars(query.order_by(CooldownRow.began_at, CooldownRow.id)))


def as_cooldown(row: CooldownRow) -> Cooldown:
    """A row as the rules know it."""
    return Cooldown(
        CooldownKind(row.kind),
        row.began_at,
        row.until,
        row.step,
        row.ended_at,
        is_acknowledged=row.acknowledged_at is not None,
    )


def _put(session: Session, account: EmailAccountHealth, cooldown: Cooldown, why: Why) -> bool:
    row = {
        "workspace_id": account.workspace_id,
        "account_id": account.id,
        "kind": cooldown.kind,
        "began_at": cooldown.began_at,
        "until": cooldown.until,
        "step": cooldown.step,
        "cause": why.cause,
        "events": list(why.events),
        "said": why.said,
    }
    put = insert_or(CooldownRow, dialect_of(session)).values(row)
    once = put.on_conflict_do_nothing(index_elements=["account_id", "kind", "cause"])
    return session.execute(once.returning(table_of(CooldownRow).c.id)).first() is not None


def _log_end(session: Session, asker: Asker, account: EmailAccountHealth, ending: list[CooldownRow]) -> None:
    said = f"Cooldown after {' and '.join(CooldownKind(row.kind).in_words for row in ending)} ended early"
    counters = {"step": ending[-1].step, "until": max(row.until for row in ending).isoformat()}
    decided = Decided(", ".join(row.kind for row in ending), "", f"{asker.name} ended it", counters)
    record(session, account, "cooldown_ended", said, actor=asker.name, decided=decided)


def _sent_in_24_hours(session: Session, account_id: int) -> int:
    counted = InboxHour.hour >= counted_since(now())
    used = sa.select(sa.func.sum(InboxHour.used)).where(InboxHour.account_id == account_id, counted)
    return session.scalar(used) or 0
