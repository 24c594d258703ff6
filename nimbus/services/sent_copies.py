"""The Sent folder: evidence for messages in doubt, copies of those that left over SMTP, and what became of the others.

A message that left through an API is there already; it is read for the Message-ID that the provider gave it.

`next_look_at` and `looks` say when a row is looked at next, and how often it was. A look is claimed by moving that
moment on, so of several workers one looks, and one that dies has only skipped a look.
"""

import time
from collections.abc import Mapping, Sequence
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
from nimbus.models import EmailAccountHealth, MailServer, Send
from nimbus.models.base import table_of
from nimbus.providers.contract import ServerLogin
from nimbus.providers.smtp_imap.sent_folder import SentFolder
from nimbus.rules.connection_test import Leg
from nimbus.rules.oauth import OAUTH_PROVIDERS
from nimbus.rules.providers import Provider
from nimbus.rules.send_mark import send_mark
from nimbus.rules.send_state import LOOK_FOR_COPY_AFTER, SendState
from nimbus.services.api_outlet import Copy, SentAtProvider
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
COPY_WANTED = _SENDS.c.copy_state.in_(("wanted", "unread"))  # only what was sent ever is; found by an index


class _Look(NamedTuple):
    """A row as it was claimed for a look; `looks` counts this one."""

    id: int
    account_id: int
    message: bytes | None
    message_id: str
    provider_id: str | None
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
    if look is None:
        return
    at_provider = _at_provider(workspace_id, look.account_id)
    copy = _copy(at_provider, look) if at_provider else None
    if copy or (not at_provider and _lies_in_folder(workspace_id, look)):
        with transaction() as session:
            if found_in_sent(session, workspace_id, look.id) and copy:
                session.execute(sa.update(_SENDS).where(_SENDS.c.id == look.id).values(_ids(copy, look)))


def keep_copies(workspace_id: int, account_id: int) -> None:
    """Put copies of what left through this inbox into its Sent folder, all that are due over one connection.

    Where it left through an API its copy is there already, and is read for its Message-ID.
    """
    if not place_state().confirmed:
        return
    wanted = sa.and_(COPY_WANTED, _SENDS.c.workspace_id == workspace_id, _SENDS.c.account_id == account_id)
    at_provider = _at_provider(workspace_id, account_id)
    login = None if at_provider else _imap_login(workspace_id, account_id)
    end = time.monotonic() + _COPYING_SECONDS
    with ExitStack() as opened:
        folder = opened.enter_context(SentFolder(login, current_network())) if login else None
        while (
            time.monotonic() < end and not queues.must_stop() and (look := _claim_look(wanted, _COPY_PAUSES))
        ):
            copy = _copy(at_provider, look) if at_provider else None
            is_kept = bool(copy or (folder and look.message and folder.keep(look.message, look.message_id)))
            if is_kept or look.looks >= len(_COPY_PAUSES):
                ids = _ids(copy, look) if copy else {}
                _end_copy(look, ids | {"copy_state": _copy_state(is_kept=is_kept, is_ours=not at_provider)})


def _lies_in_folder(workspace_id: int, look: _Look) -> bool:
    login = _imap_login(workspace_id, look.account_id)
    if login is None:
        return False
    with SentFolder(login, current_network()) as folder:
        return bool(folder.holds(look.message_id, since=look.dated_at.date()))


def _at_provider(workspace_id: int, account_id: int) -> SentAtProvider | None:
    """Where to ask for what left through this inbox; None where that is a folder."""
    of_account = (EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id == account_id)
    try:
        provider = db.session.scalar(sa.select(EmailAccountHealth.provider).where(*of_account))
    finally:
        db.session.remove()  # no database connection is held while the network is waited for
    if provider not in OAUTH_PROVIDERS:
        return None
    return SentAtProvider(Provider(provider), workspace_id, account_id)


def _copy(at_provider: SentAtProvider, look: _Look) -> Copy | None:
    try:
        return at_provider.copy_of(
            look.message_id,
            provider_id=look.provider_id,
            mark=send_mark(look.id, look.message_id),
            since=look.dated_at,
        )
    except NimbusError:  # a token that does not open: the account's page says so
        return None


def _ids(copy: Copy, look: _Look) -> dict[str, str]:
    """What is remembered of a copy: its id at the provider, and its Message-ID if that is another than ours."""
    other = {"sent_message_id": copy.message_id} if copy.message_id != look.message_id else {}
    return {"provider_id": copy.provider_id} | other


def _copy_state(*, is_kept: bool, is_ours: bool) -> str | None:
    """How the looks end; a copy that a provider keeps and does not show is nobody's failure."""
    return "kept" if is_kept else "failed" if is_ours else None


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


def _end_copy(look: _Look, ended: Mapping[str, str | None]) -> None:
    with quick_write(db.engine) as connection:
        still_wanted = sa.update(_SENDS).where(_SENDS.c.id == look.id, COPY_WANTED)
        connection.execute(still_wanted.values(next_look_at=None, **ended))


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
