"""Writing down what was heard of an inbox's mail, in the transaction in which it became known; counted later, together."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from nimbus.database import insert_or
from nimbus.models import InboxEvent
from nimbus.models.base import UtcDateTime, table_of
from nimbus.rules.inbox_events import ATTEMPTS, EventKind, heard, stream_of
from nimbus.rules.outcomes import Stream
from nimbus.rules.send_answers import Category
from nimbus.rules.send_state import SendKind, SendState
from nimbus.services.prepared import Writing

_EVENT = table_of(InboxEvent)


def record_outcome(
    writing: Writing,
    send: Mapping[str, Any] | sa.RowMapping,
    state: SendState,
    *,
    category: Category | None = None,
    moment: datetime,
    detail: str | None = None,
) -> None:
    """What a verdict about a message says of its inbox; hearing the same twice adds nothing.

    `send` has id, workspace_id, account_id, kind and attempts; `detail` is the server's line.
    """
    stream = stream_of(SendKind(send["kind"]))
    for kind in heard(state, category):
        cause = f"send:{send['id']}"
        if kind in ATTEMPTS:  # each try of a message may fail in its own way
            cause = f"{cause}:{send['attempts']}"
        fact = Fact(
            send["workspace_id"], send["account_id"], kind, cause, moment, stream=stream, send_id=send["id"]
        )
        record_fact(writing, fact, detail=None if kind is EventKind.SENT else detail)


class Fact(NamedTuple):
    """One thing that was heard of an inbox at a moment. `cause` names what it is about, so that it is kept once.

    Without a stream it counts in no rate. One about a mail has that mail's id and the cause `send:ID`.
    """

    workspace_id: int
    account_id: int
    kind: EventKind
    cause: str
    heard_at: datetime
    stream: Stream | None = None
    send_id: int | None = None


def record_fact(writing: Writing, fact: Fact, *, detail: str | None = None) -> bool:
    """Write one thing down within the caller's transaction; False where it is known already.

    `detail` is what a server or a person said of it.
    """
    event = {
        "of_workspace": fact.workspace_id,
        "of_account": fact.account_id,
        "new_kind": fact.kind,
        "new_stream": fact.stream,
        "new_cause": fact.cause,
        "at_moment": fact.heard_at,
        "of_send": fact.send_id,
        "new_detail": detail,
    }
    return writing.change(_adding(writing.database), event)


@cache
def _adding(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """One event. What is heard of a mail later counts in the hour in which that was sent."""
    sent = _EVENT.alias("sent")
    sent_at = sa.select(sent.c.at).where(
        sent.c.account_id == sa.bindparam("of_account"),
        sent.c.kind == EventKind.SENT,
        sent.c.cause == sa.bindparam("new_cause"),
    )
    moment = sa.bindparam("at_moment", type_=UtcDateTime)
    values: dict[str, sa.ColumnElement[Any]] = {
        "workspace_id": sa.bindparam("of_workspace", type_=sa.Integer),
        "account_id": sa.bindparam("of_account", type_=sa.Integer),
        "kind": sa.bindparam("new_kind", type_=sa.String),
        "stream": sa.bindparam("new_stream", type_=sa.String),
        "cause": sa.bindparam("new_cause", type_=sa.String),
        "at": sa.func.coalesce(sent_at.scalar_subquery(), moment),
        "heard_at": moment,
        "send_id": sa.bindparam("of_send", type_=sa.Integer),
        "detail": sa.bindparam("new_detail", type_=sa.Text),
    }
    # SQLite reads ON CONFLICT after a bare SELECT as a join.
    rows = sa.select(*values.values()).where(sa.bindparam("new_kind", type_=sa.String).is_not(None))
    add = insert_or(InboxEvent, dialect).from_select(list(values), rows)
    return add.on_conflict_do_nothing(index_elements=["account_id", "kind", "cause"])
