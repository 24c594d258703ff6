"""Whose turn it is to send for an inbox: one worker at a time, its lease, and the pace that the next one keeps.

A second thread renews the lease and that of the message at hand, however long a server takes. Should both be lost
all the same, the message's own fence still decides whether its body may leave. A turn that ends while the database
is away is given back as soon as that is there again.
"""

import secrets
import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from threading import Event, Thread
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import insert_or, quick_write
from nimbus.extensions import db
from nimbus.models import InboxSender, Send
from nimbus.models.base import table_of
from nimbus.rules.send_state import BEAT, LEASE, SendState
from nimbus.services import send_ledger
from nimbus.services.send_ledger import Claimed
from nimbus.services.wake_campaigns import wake_campaigns

WAITS_UP_TO = timedelta(seconds=2)  # for the next message's moment; longer than that the worker is given back
_NAP = 0.1  # seconds; after each it is seen whether the process was asked to stop
_KNOCK_EVERY = 1.0  # seconds, at a database that was away when a turn ended

_SENDER = table_of(InboxSender)
_OF_OWNER = sa.and_(
    _SENDER.c.account_id == sa.bindparam("of_account"), _SENDER.c.owner == sa.bindparam("of_owner")
)
_RENEW = sa.update(_SENDER).where(_OF_OWNER)


@cache
def _taking(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """The turn for a new owner, unless somebody has it or the pace lets nothing leave yet."""
    put = insert_or(InboxSender, dialect)
    is_free = sa.or_(_SENDER.c.owner.is_(None), _SENDER.c.lease_until < sa.bindparam("at_moment"))
    is_time = sa.or_(_SENDER.c.next_slot_at.is_(None), _SENDER.c.next_slot_at <= sa.bindparam("at_latest"))
    return put.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: put.excluded[name] for name in ("owner", "lease_until")},
        where=sa.and_(is_free, is_time),
    )


def take_turn(workspace_id: int, account_id: int) -> "SenderTurn | None":
    """The turn to send for an inbox that exists; None when another worker has it, or it is too early."""
    moment = now()
    wanted = {
        "workspace_id": workspace_id,
        "account_id": account_id,
        "owner": secrets.token_hex(16),
        "lease_until": moment + LEASE,
        "at_moment": moment,
        "at_latest": moment + WAITS_UP_TO,
    }
    taking = _taking(db.engine.dialect.name).returning(_SENDER.c.next_slot_at)
    with quick_write(db.engine) as connection:
        taken = connection.execute(taking, wanted).first()
    return SenderTurn(account_id, str(wanted["owner"]), taken.next_slot_at) if taken else None


def bring_forward(session: Session, workspace_id: int, account_id: int) -> None:
    """Within the caller's transaction: whatever waits at an inbox is looked at now, because the inbox has changed."""
    session.execute(
        sa.update(Send)
        .where(
            Send.workspace_id == workspace_id,
            Send.account_id == account_id,
            Send.state == SendState.QUEUED,
            Send.due_at > now(),
        )
        .values(due_at=now())
    )
    ring_after_commit(session, queues.SERVE_INBOX, workspace_id, account_id)
    wake_campaigns(session, workspace_id, [account_id])


class SenderTurn:
    """One worker's turn; used as a context, within which its leases are kept alive, and given back at the end.

    `claimed` is the message at hand, if any. `next_slot_at` is the moment before which nothing else may leave.
    """

    def __init__(self, account_id: int, owner: str, next_slot_at: datetime | None) -> None:
        self.owner = owner
        self.claimed: Claimed | None = None
        self.next_slot_at = next_slot_at
        self._account_id = account_id
        self._lost = False
        self._done = Event()
        self._context = current_app.app_context()  # for the other thread
        self._pulse = Thread(target=self._keep_alive, daemon=True)

    def __enter__(self) -> Self:
        self._pulse.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._pulse.join()
        if not self._lost and not self._given_back():
            Thread(target=self._give_back_late, daemon=True).start()  # the worker has other inboxes to serve

    def goes_on(self) -> bool:
        """Whether the next message may be claimed; waits for its moment where that is near."""
        if not self.is_open_now():
            return False
        slot = time.monotonic() + (self.next_slot_at - now()).total_seconds() if self.next_slot_at else 0.0
        while not self.must_end() and (left := slot - time.monotonic()) > 0:
            time.sleep(min(left, _NAP))
        return not self.must_end()

    def is_open_now(self) -> bool:
        """Whether the next turn could begin at once."""
        return self.next_slot_at is None or self.next_slot_at <= now() + WAITS_UP_TO

    def must_end(self) -> bool:
        """Whether no further body may leave in this turn: the process is to stop, or the turn is lost."""
        return self._lost or queues.must_stop()

    def hold(self, until: datetime) -> None:
        """Let nothing else leave through this inbox before a moment."""
        self.next_slot_at = max(until, self.next_slot_at or until)

    def _keep_alive(self) -> None:
        with self._context:
            while not self._lost and not self._done.wait(BEAT.total_seconds()):
                with suppress(
                    OperationalError
                ):  # a database that is busy now is asked again at the next beat
                    if claimed := self.claimed:
                        send_ledger.renew(claimed)
                    self._lost = not self._write(lease_until=now() + LEASE)

    def _given_back(self) -> bool:
        """Whether the turn is over in the database, by this worker or because it was another's already."""
        try:
            self._write(owner=None, lease_until=None, next_slot_at=self.next_slot_at)
        except OperationalError:
            return False
        return True

    def _give_back_late(self) -> None:
        """Nobody could send for this inbox before the lease ends; so try until then, and after it there is no need."""
        end = time.monotonic() + LEASE.total_seconds()
        with self._context:
            while time.monotonic() < end:
                time.sleep(_KNOCK_EVERY)
                if self._given_back():
                    return

    def _write(self, **values: datetime | None) -> bool:
        """Change the turn while it is still this worker's; False when it has another owner by now."""
        with quick_write(db.engine) as connection:
            of_owner = {"of_account": self._account_id, "of_owner": self.owner}
            return bool(connection.execute(_RENEW.values(values), of_owner).rowcount == 1)
