"""The statements of the send ledger, built once for each database: building one costs more than running it.

All of them lock in one order: the send, the hour, the day. The row of the day is what makes claims of one inbox wait
for each other; the claim itself comes last, so it judges the counts as they are once everybody else has finished.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB

from nimbus.database import insert_or
from nimbus.models import InboxDay, InboxHour, Suppression, Workspace
from nimbus.models.base import UtcDateTime, table_of
from nimbus.rules.send_state import BY_A_PERSON, HELD, SendState
from nimbus.services.due_statements import ACCOUNT, DUE, SEND, in_24_hours, in_window, is_suppressed, next_due

_DAY, _HOUR, _WORKSPACE = table_of(InboxDay), table_of(InboxHour), table_of(Workspace)
_Insert = sqlite.Insert | postgresql.Insert


@dataclass(frozen=True, slots=True)
class Statements:
    """What the ledger runs. Values are bound by the names that `of_…` and the columns give them."""

    next_due: sa.Select[Any]
    by_hour: sa.Select[Any]
    orphaned: sa.Select[Any]
    waited_too_long: sa.Select[Any]
    count_hour: _Insert
    count_day: _Insert
    claim: sa.Update
    claim_for_person: sa.Update
    put_off: sa.Update
    put_off_one: sa.Update
    end: sa.Update
    give_up: sa.Update
    begin_body: sa.Update
    renew: sa.Update
    conclude_body: sa.Update
    conclude: sa.Update
    conclude_late: sa.Update
    reap: sa.Update
    was_sent: sa.Update
    was_not_sent: sa.Update
    late_not_sent: sa.Update
    hour_back: sa.Update
    suppress: _Insert


def timeline_line(moment: datetime, what: SendState, sentence: str, server_line: str = "") -> str:
    """A line for `new_line`, as JSON."""
    return json.dumps([moment.isoformat(timespec="milliseconds"), what, sentence, server_line])


@cache
def of_database(dialect: str) -> Statements:
    """The statements in the words of this database, sqlite or postgresql."""
    with_line = {"timeline": one_line_more(dialect)}
    take = _claim(with_line)
    held = sa.update(SEND).values(with_line)
    return Statements(
        next_due=next_due(),
        by_hour=sa.select(_HOUR.c.hour, _HOUR.c.used).where(in_window(sa.bindparam("of_account"))),
        orphaned=_orphaned(),
        waited_too_long=_waited_too_long(),
        count_hour=_one_more(InboxHour, dialect, "hour", used=1),
        count_day=_one_more(InboxDay, dialect, "day", reserved=1),
        claim=take.where(_within_limit()),
        claim_for_person=take,
        put_off=_put_off(),
        put_off_one=sa.update(SEND).where(_OF_SEND, SEND.c.state == SendState.QUEUED),
        end=held.where(_OF_SEND, SEND.c.state == SendState.QUEUED),
        give_up=held.where(_OF_SEND, _PUT_OFF),
        begin_body=_begin_body(with_line),
        renew=sa.update(SEND).where(_OF_OWNER, _HAS_IT),
        conclude_body=held.where(_OF_OWNER, SEND.c.state == SendState.IN_DATA),
        conclude=held.where(_OF_OWNER, _HAS_IT),
        conclude_late=held.where(
            _OF_OWNER, SEND.c.state == SendState.AMBIGUOUS, SEND.c.resolved_by.is_(None)
        ),
        reap=held.where(_OF_OWNER, SEND.c.state == sa.bindparam("of_state"), _lease_is_over()),
        was_sent=_day_update(sent=_DAY.c.sent + 1, reserved=_DAY.c.reserved - 1),
        was_not_sent=_day_update(reserved=_DAY.c.reserved - 1),
        late_not_sent=_day_update(sent=_DAY.c.sent - 1),
        hour_back=sa.update(_HOUR)
        .where(_HOUR.c.account_id == sa.bindparam("of_account"), _HOUR.c.hour == sa.bindparam("of_hour"))
        .values(used=_HOUR.c.used - 1),
        suppress=_suppress(dialect),
    )


_OF_SEND = SEND.c.id == sa.bindparam("of_send")
_OF_OWNER = sa.and_(_OF_SEND, SEND.c.owner == sa.bindparam("of_owner"))
# One that is due is another matter: it may leave now, and if not, it is put off again.
_PUT_OFF = sa.and_(SEND.c.state == SendState.QUEUED, SEND.c.due_at > sa.bindparam("at_moment"))
# Once the body may have left, nobody else can do anything with the row, so its owner's word is welcome however late.
_HAS_IT = sa.or_(
    SEND.c.state == SendState.IN_DATA,
    sa.and_(SEND.c.state == SendState.CLAIMED, SEND.c.lease_until >= sa.bindparam("at_moment")),
)


def one_line_more(dialect: str) -> sa.ColumnElement[Any]:
    """The timeline with `new_line`, the JSON of one line, at its end."""
    line = sa.bindparam("new_line", type_=sa.String)
    if dialect == "postgresql":
        lines = sa.cast(SEND.c.timeline, JSONB).op("||")(sa.func.jsonb_build_array(sa.cast(line, JSONB)))
        return sa.cast(lines, sa.JSON)
    return sa.func.json_insert(SEND.c.timeline, "$[#]", sa.func.json(line))


def _one_more(model: type[InboxHour] | type[InboxDay], dialect: str, key: str, **counted: int) -> _Insert:
    """Count one in the inbox's row of this hour or day, and make the row with the first."""
    columns = table_of(model).c
    zeros = {name: 0 for name in ("sent", "reserved", "used") if name in columns}
    insert = insert_or(model, dialect).values(
        workspace_id=sa.bindparam("of_workspace"),
        account_id=sa.bindparam("of_account"),
        **{key: sa.bindparam(f"of_{key}")},
        **zeros | counted,
    )
    return insert.on_conflict_do_update(
        index_elements=["account_id", key], set_={name: columns[name] + 1 for name in counted}
    )


def _claim(with_line: dict[str, Any]) -> sa.Update:
    """Take the send, if the counts, with it in them already, are still within what may leave."""
    zone = sa.select(_WORKSPACE.c.timezone).where(_WORKSPACE.c.id == sa.bindparam("of_workspace"))
    return (
        sa.update(SEND)
        .where(
            _OF_SEND,
            SEND.c.state == SendState.QUEUED,
            zone.scalar_subquery() == sa.bindparam("of_timezone"),  # else the day is not today's any more
            in_24_hours() <= sa.bindparam("of_ceiling"),
        )
        .values(
            state=SendState.CLAIMED,
            attempts=SEND.c.attempts + 1,
            owner=sa.bindparam("new_owner"),
            lease_until=sa.bindparam("new_lease"),
            day=sa.bindparam("of_day"),
            hour=sa.bindparam("of_hour"),
            message_id=sa.bindparam("new_message_id"),
            dated_at=sa.bindparam("new_dated_at"),
            **with_line,
        )
    )


def _within_limit() -> sa.ColumnElement[bool]:
    """Whether the day still has room within the limit that was worked out, from what is still so."""
    used = sa.select(_DAY.c.sent + _DAY.c.reserved).where(
        _DAY.c.account_id == sa.bindparam("of_account"), _DAY.c.day == sa.bindparam("of_day")
    )
    is_still_so = sa.exists().where(
        ACCOUNT.c.id == sa.bindparam("of_account"),
        ACCOUNT.c.health_version == sa.bindparam("of_version"),
        ACCOUNT.c.daily_send_limit == sa.bindparam("of_daily_limit"),
    )
    return sa.and_(used.scalar_subquery() <= sa.bindparam("of_limit"), is_still_so)


def _put_off() -> sa.Update:
    """The due sends of an inbox that a reason stops, but for those that another worker is taking: it will see."""
    stopped = (
        sa.select(SEND.c.id)
        .where(DUE, sa.bindparam("of_kinds", type_=sa.String).contains(sa.literal(",") + SEND.c.kind + ","))
        .with_for_update(skip_locked=True)
    )
    return sa.update(SEND).where(SEND.c.id.in_(stopped))


def _begin_body(with_line: dict[str, Any]) -> sa.Update:
    return (
        sa.update(SEND)
        .where(
            _OF_OWNER,
            SEND.c.state == SendState.CLAIMED,
            SEND.c.lease_until >= sa.bindparam("at_moment"),
            ~sa.exists().where(is_suppressed()),
        )
        .values(
            state=SendState.IN_DATA,
            in_data_at=sa.bindparam("at_moment", type_=UtcDateTime),
            message=sa.bindparam("new_message"),
            **with_line,
        )
    )


def _lease_is_over() -> sa.ColumnElement[bool]:
    return sa.or_(SEND.c.lease_until.is_(None), SEND.c.lease_until < sa.bindparam("at_moment"))


def _orphaned() -> sa.Select[Any]:
    columns = ("id", "workspace_id", "account_id", "kind", "owner", "state", "attempts", "day", "hour")
    return sa.select(*(SEND.c[name] for name in columns)).where(
        SEND.c.state.in_(sorted(HELD)), _lease_is_over()
    )


def _waited_too_long() -> sa.Select[Any]:
    """What a person wrote, was put off, and was not tried since: a pause after a refusal is never as long."""
    waits = sa.func.coalesce(SEND.c.dated_at, SEND.c.created_at) <= sa.bindparam("waits_since")
    by_a_person = SEND.c.kind.in_(sorted(BY_A_PERSON))
    return sa.select(SEND.c.id, SEND.c.reason).where(_PUT_OFF, by_a_person, SEND.c.reason.is_not(None), waits)


def _day_update(**counts: sa.ColumnElement[int]) -> sa.Update:
    of_day = (_DAY.c.account_id == sa.bindparam("of_account"), _DAY.c.day == sa.bindparam("of_day"))
    return sa.update(_DAY).where(*of_day).values(**counts)


def _suppress(dialect: str) -> _Insert:
    """Suppress the recipient of a send; whoever suppressed that address before keeps the word."""
    insert = insert_or(Suppression, dialect).from_select(
        ["workspace_id", "email", "reason", "created_at", "send_id"],
        sa.select(
            SEND.c.workspace_id,
            sa.func.lower(SEND.c.recipient),
            sa.literal("hard_bounce"),
            sa.bindparam("at_moment", type_=UtcDateTime),
            SEND.c.id,
        ).where(_OF_SEND),
    )
    return insert.on_conflict_do_nothing(index_elements=["workspace_id", "email"])
