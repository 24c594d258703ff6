"""Sends for the tests of the ledger, and the judge of what the ledger says about them. They need an application context."""

import itertools
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import InboxDay, InboxHour, Send
from nimbus.rules.send_state import SendState
from nimbus.services.send_ledger import begin_body, claim_next, mark_sent

RESERVED = frozenset({SendState.CLAIMED, SendState.IN_DATA})
LEFT = frozenset({SendState.SENT, SendState.AMBIGUOUS})
_numbers = itertools.count()


def queue(workspace_id, account_id, count=1, *, kind="campaign", **values) -> list[int]:
    """That many queued sends, due a second ago and each a moment after the one before, unless told otherwise."""
    due = now() - timedelta(seconds=1)
    rows = [
        {
            "workspace_id": workspace_id,
            "account_id": account_id,
            "kind": kind,
            "key": f"test-{next(_numbers)}",
            "recipient": f"to{number}@beta.test",
            "subject": "Hello",
            "body": "A few words.",
            "created_at": due,
            "due_at": due + timedelta(microseconds=number),
        }
        | values
        for number in range(count)
    ]
    with transaction() as session:
        sends = [Send(**row) for row in rows]
        session.add_all(sends)
        session.flush()
        return [send.id for send in sends]


def in_data(workspace_id, account_id, owner="worker"):
    """The next send of an inbox, claimed and past the fence."""
    claimed = claim_next(workspace_id, account_id, owner)
    assert begin_body(claimed, b"message")
    return claimed


def send_next(workspace_id, account_id, owner="worker") -> bool:
    """Whether there was one to send; it is sent."""
    claimed = claim_next(workspace_id, account_id, owner)
    return bool(claimed and begin_body(claimed, b"message") and mark_sent(claimed, "250 2.0.0 Ok"))


def counts(account_id) -> dict:
    """What the ledger has for each day of an inbox: sent, reserved."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(InboxDay).where(InboxDay.account_id == account_id))
    return {row.day: (row.sent, row.reserved) for row in rows}


def states(account_id) -> Counter:
    """How many sends of an inbox are in each state."""
    db.session.rollback()
    return Counter(db.session.scalars(sa.select(Send.state).where(Send.account_id == account_id)))


def differences() -> list[str]:
    """Where the ledger says something else than the rows: nowhere, at any moment."""
    db.session.rollback()
    rows = db.session.execute(sa.select(Send.account_id, Send.day, Send.hour, Send.state)).all()
    held = [row for row in rows if row.state in RESERVED | LEFT]
    by_day = Counter((row.account_id, row.day, row.state in LEFT) for row in held)
    by_hour = Counter((row.account_id, row.hour) for row in held)
    days, hours = db.session.scalars(sa.select(InboxDay)), db.session.scalars(sa.select(InboxHour))
    said = {
        (day.account_id, day.day, left): n
        for day in days
        for left, n in ((True, day.sent), (False, day.reserved))
    }
    told = {(hour.account_id, hour.hour): hour.used for hour in hours}
    return [
        f"{key}: the ledger says {book.get(key, 0)}, the rows {found[key]}"
        for book, found in ((said, by_day), (told, by_hour))
        for key in book.keys() | found.keys()
        if book.get(key, 0) != found[key]
    ]
