"""The Sent folder: evidence for messages whose outcome nobody knows, and copies of those that left over SMTP.

`next_look_at` and `looks` say when a row is looked at next, and how often it was. A look is claimed by moving that
moment on, so of several workers one looks, and one that dies has only skipped a look.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import now
from nimbus.database import quick_write, transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import MailServer, Send
from nimbus.models.base import table_of
from nimbus.providers.contract import ServerLogin
from nimbus.providers.smtp_imap.sent_folder import SentFolder
from nimbus.rules.connection_test import Leg
from nimbus.rules.send_state import LOOK_FOR_COPY_AFTER, SendState
from nimbus.services.live_place import place_state
from nimbus.services.resolve_send import found_in_sent
from nimbus.services.server_login import current_network, open_login

# Between the looks for a message in doubt; after the last there is no other.
_DOUBT_PAUSES = (*(later - sooner for sooner, later in pairwise(LOOK_FOR_COPY_AFTER)), None)
# After each try to keep a copy; the third try is the last, and its pause is for a worker that dies on it.
_COPY_PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=1))
_COPYING_SECONDS = 60.0  # at one inbox; then others have their turn

_SENDS = table_of(Send)
IN_DOUBT = sa.and_(  # its Message-ID is what a copy is found by; without one it never came near a server
    _SENDS.c.state == SendState.AMBIGUOUS,
    _SENDS.c.message_id.is_not(None),
    _SENDS.c.next_look_at.is_not(None),
)
COPY_WANTED = _SENDS.c.copy_state == "wanted"  # only what was sent ever is; found by an index


class _Look(NamedTuple):
    """A row as it was claimed for a look; `looks` counts this one."""

    id: int
    account_id: int
    message: bytes | None
    message_id: str
    dated_at: datetime
    looks: int


def look_is_due(moment: datetime) -> sa.ColumnElement[bool]:
    """Whether a row that waits for a look has waited long enough."""
    return sa.or_(_SENDS.c.next_look_at.is_(None), _SENDS.c.next_look_at <= moment)


def look_for(workspace_id: int, send_id: int) -> None:
    """Look for an ambiguous message in the Sent folder, if that is due. Its absence proves nothing."""
    if not place_state().confirmed:
        return
    this = sa.and_(IN_DOUBT, _SENDS.c.workspace_id == workspace_id, _SENDS.c.id == send_id)
    look = _claim_look(this, _DOUBT_PAUSES)
    login = _imap_login(workspace_id, look.account_id) if look else None
    if look is None or login is None:
        return
    with SentFolder(login, current_network()) as folder:
        is_there = folder.holds(look.message_id, since=look.dated_at.date())
    if is_there:
        with transaction() as session:
            found_in_sent(session, workspace_id, look.id)


def keep_copies(workspace_id: int, account_id: int) -> None:
    """Put copies of what left through this inbox into its Sent folder, all that are due over one connection."""
    if not place_state().confirmed:
        return
    wanted = sa.and_(COPY_WANTED, _SENDS.c.workspace_id == workspace_id, _SENDS.c.account_id == account_id)
    login = _imap_login(workspace_id, account_id)
    end = time.monotonic() + _COPYING_SECONDS
    with ExitStack() as opened:
        folder = opened.enter_context(SentFolder(login, current_network())) if login else None
        while (
            time.monotonic() < end and not queues.must_stop() and (look := _claim_look(wanted, _COPY_PAUSES))
        ):
            is_kept = bool(folder and look.message and folder.keep(look.message, look.message_id))
            if is_kept or look.looks >= len(_COPY_PAUSES):
                _end_copy(look, "kept" if is_kept else "failed")


def _claim_look(wanted: sa.ColumnElement[bool], pauses: Sequence[timedelta | None]) -> _Look | None:
    """The first such row whose look is due, its next look moved on; None when there is none."""
    moment = now()
    first = (
        sa.select(*(_SENDS.c[name] for name in _Look._fields))
        .where(wanted, look_is_due(moment))
        .order_by(_SENDS.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with quick_write(db.engine) as connection:
        row = connection.execute(first).one_or_none()
        if row is None:
            return None
        pause = pauses[min(row.looks, len(pauses) - 1)]
        moved_on = {"looks": row.looks + 1, "next_look_at": moment + pause if pause else None}
        connection.execute(sa.update(_SENDS).where(_SENDS.c.id == row.id).values(moved_on))
    return _Look(*row)._replace(looks=row.looks + 1)


def _end_copy(look: _Look, copy_state: str) -> None:
    with quick_write(db.engine) as connection:
        still_wanted = sa.update(_SENDS).where(_SENDS.c.id == look.id, COPY_WANTED)
        connection.execute(still_wanted.values(copy_state=copy_state, next_look_at=None))


def _imap_login(workspace_id: int, account_id: int) -> ServerLogin | None:
    """The sign-in for reading and keeping; None when the account has none, or its password does not open."""
    of_leg = (MailServer.account_id == account_id, MailServer.leg == Leg.IMAP)
    try:
        server = db.session.scalar(
            sa.select(MailServer).where(MailServer.workspace_id == workspace_id, *of_leg)
        )
        return open_login(db.session(), server) if server else None
    except NimbusError:
        return None
    finally:
        db.session.remove()  # no database connection is held while the network is waited for
