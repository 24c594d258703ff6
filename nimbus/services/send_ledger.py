"""The ledger of sends: who has which message, what it took from which budget, and how it ended.

Each function is one short transaction whose row count says whether the row was still the caller's. A claim takes the
send together with its place in the day and the hour; a verdict moves that place to "sent" or gives it back.
All need an application context.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.rules.send_answers import SUPPRESSING, Category
from nimbus.rules.send_gate import given_up
from nimbus.rules.send_state import DONE, GIVEN_UP_AFTER, LEASE, LOOK_FOR_COPY_AFTER, SendState
from nimbus.services.patient_write import patient_write
from nimbus.services.prepared import Writing
from nimbus.services.record_outcome import record_outcome
from nimbus.services.send_claim import Claimed, claim_next, ended
from nimbus.services.send_statements import of_database, timeline_line

__all__ = [
    "Claimed",
    "begin_body",
    "claim_next",
    "give_up",
    "mark_ambiguous",
    "mark_failed",
    "mark_sent",
    "put_back",
    "reap",
    "renew",
]

_NOT_HELD: dict[str, Any] = {"owner": None, "lease_until": None}
_NO_BUDGET: dict[str, Any] = {"day": None, "hour": None}
_VERDICT_PATIENCE = 30.0  # seconds: what a server has said is worth waiting for a database that restarts


def begin_body(claimed: Claimed, message: bytes) -> bool:
    """The fence, right before the body leaves: from here on nobody sends this again. Stores the message as it leaves.

    False: the lease is over or somebody has suppressed the recipient meanwhile; send nothing.
    """
    line = timeline_line(now(), SendState.IN_DATA, "The server is taking the message.")
    asked = _of(claimed) | {"at_moment": now(), "new_message": claimed.message or message, "new_line": line}
    return patient_write(lambda writing: writing.change(of_database(writing.database).begin_body, asked))


def renew(claimed: Claimed) -> bool:
    """Keep the lease for another LEASE; False when the row has another owner, or an end, by now."""
    moment = now()
    asked = _of(claimed) | {"at_moment": moment, "lease_until": moment + LEASE}
    return patient_write(lambda writing: writing.change(of_database(writing.database).renew, asked))


def mark_sent(
    claimed: Claimed, line: str, *, copy_state: str | None = None, ids: Mapping[str, str | None] | None = None
) -> bool:
    """The server accepted the message with this line.

    copy_state: "wanted" asks for a copy in the Sent folder, "unread" to look for the one that is there; ids: the
    provider's own, `provider_id` and `thread_id`.
    """
    ending: dict[str, Any] = {
        "state": SendState.SENT,
        "category": None,
        "reason": None,
        "copy_state": copy_state,
    }
    return _conclude(claimed, ending | dict(ids or {}), "The server accepted the message.", line)


def mark_failed(
    claimed: Claimed, category: Category, sentence: str, line: str, *, is_ours: bool = False
) -> bool:
    """It was refused for good: the budget is given back; an address that does not exist is suppressed with it.

    is_ours: the fault was here, so nothing is said of the inbox by it.
    """
    ending = {"state": SendState.FAILED, "category": category, "reason": sentence} | _NO_BUDGET
    return _conclude(claimed, ending, sentence, line, is_ours=is_ours)


def put_back(
    claimed: Claimed,
    *,
    due_at: datetime,
    category: Category | None,
    sentence: str,
    line: str = "",
    is_ours: bool = False,
) -> bool:
    """Try again at `due_at`, with the budget given back. Without a category it was no attempt of the server's.

    is_ours: as with `mark_failed`.
    """
    attempts = claimed.attempts if category else claimed.attempts - 1
    ending = {"state": SendState.QUEUED, "category": category, "reason": sentence, "due_at": due_at}
    return _conclude(claimed, ending | {"attempts": attempts} | _NO_BUDGET, sentence, line, is_ours=is_ours)


def mark_ambiguous(claimed: Claimed, sentence: str, line: str) -> bool:
    """The body left and no answer came: counted as sent, looked for in the Sent folder, never sent again by itself."""
    ending = {"state": SendState.AMBIGUOUS, "category": None, "reason": sentence}
    return _conclude(claimed, ending, sentence, line)


def reap() -> int:
    """Take back what workers left behind whose lease is over; how many sends. Safe beside other reapers."""
    with db.engine.connect() as connection:
        seen = (
            connection.execute(of_database(db.engine.dialect.name).orphaned, {"at_moment": now()})
            .mappings()
            .all()
        )
    return sum(patient_write(partial(_reap, orphan=orphan)) for orphan in seen)


def give_up() -> int:
    """End what a person wrote and what has waited for GIVEN_UP_AFTER without a try; how many sends.

    Campaign and warmup mail waits on: what sends it decides about it. Safe beside workers, who claim only what is due.
    """
    moment = now()
    asked = {"at_moment": moment, "waits_since": moment - GIVEN_UP_AFTER}
    with db.engine.connect() as connection:
        seen = connection.execute(of_database(db.engine.dialect.name).waited_too_long, asked).all()
    return sum(patient_write(partial(_give_up, send_id=each.id, reason=each.reason)) for each in seen)


def _give_up(writing: Writing, *, send_id: int, reason: str) -> bool:
    moment, never = now(), given_up(reason)
    ending = ended(never, moment) | {"of_send": send_id, "at_moment": moment}
    return writing.change(of_database(writing.database).give_up, ending)


def _conclude(
    claimed: Claimed, ending: dict[str, Any], sentence: str, line: str, *, is_ours: bool = False
) -> bool:
    """Write a verdict and settle the budget; late ones too, unless somebody has decided meanwhile."""
    moment, state = now(), ending["state"]
    verdict = {
        "finished_at": moment if state in DONE else None,
        "next_look_at": moment + LOOK_FOR_COPY_AFTER[0] if state == SendState.AMBIGUOUS else None,
        "server_line": line or None,
        "at_moment": moment,
        "new_line": timeline_line(moment, state, sentence, line),
    }
    asked = _of(claimed) | verdict | _NOT_HELD | ending
    write = partial(_write_verdict, claimed=claimed, asked=asked, is_ours=is_ours)
    return patient_write(write, patience=_VERDICT_PATIENCE)


def _write_verdict(writing: Writing, *, claimed: Claimed, asked: dict[str, Any], is_ours: bool) -> bool:
    sql = of_database(writing.database)
    left = asked["state"] in {SendState.SENT, SendState.AMBIGUOUS}
    place = {"of_account": claimed.account_id, "of_day": claimed.day, "of_hour": claimed.hour}
    if writing.change(sql.conclude_body if left else sql.conclude, asked):
        to_day: sa.Update | None = sql.was_sent if left else sql.was_not_sent
    elif writing.change(sql.conclude_late, asked):  # it counts as sent already
        to_day = None if left else sql.late_not_sent
    else:
        return False
    if asked["category"] in SUPPRESSING:
        writing.change(sql.suppress, {name: asked[name] for name in ("of_send", "at_moment")})
    if not left:
        writing.change(sql.hour_back, place)
    if to_day is not None:
        writing.change(to_day, place)
    if not is_ours:
        record_outcome(
            writing,
            _heard_of(claimed),
            asked["state"],
            category=asked["category"],
            moment=asked["at_moment"],
            detail=asked["server_line"],
        )
    return True


def _reap(writing: Writing, *, orphan: sa.RowMapping) -> bool:
    moment, sql = now(), of_database(writing.database)
    place = {"of_account": orphan["account_id"], "of_day": orphan["day"], "of_hour": orphan["hour"]}
    began = orphan["state"] == SendState.IN_DATA
    ending = _AFTER_BODY if began else _BEFORE_BODY | {"attempts": orphan["attempts"] - 1}
    asked = ending | {
        "of_send": orphan["id"],
        "of_owner": orphan["owner"],
        "of_state": orphan["state"],
        "at_moment": moment,
        "next_look_at": moment + LOOK_FOR_COPY_AFTER[0] if began else None,
        "new_line": timeline_line(moment, ending["state"], ending["reason"]),
    }
    if not writing.change(sql.reap, asked):
        return False
    if not began:
        writing.change(sql.hour_back, place)
    writing.change(sql.was_sent if began else sql.was_not_sent, place)
    if began:
        record_outcome(writing, orphan, SendState.AMBIGUOUS, moment=moment)
    return True


_BEFORE_BODY: dict[str, Any] = (
    {
        "state": SendState.QUEUED,
        "reason": "The worker that had this message stopped before it left. It waits for another one.",
    }
    | _NOT_HELD
    | _NO_BUDGET
)
# The owner stays: should that worker live after all, its verdict is better than a doubt.
_AFTER_BODY: dict[str, Any] = {
    "state": SendState.AMBIGUOUS,
    "reason": "The worker stopped while the message was handed over, so it may have been sent.",
    "lease_until": None,
}


def _heard_of(claimed: Claimed) -> dict[str, Any]:
    """What an event needs to know of the message."""
    return {name: getattr(claimed, name) for name in ("id", "workspace_id", "account_id", "kind", "attempts")}


def _of(claimed: Claimed) -> dict[str, Any]:
    return {"of_send": claimed.id, "of_owner": claimed.owner}
