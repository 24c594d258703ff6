"""Whose inbox is read next: what is due is taken by a conditional update, and no server is asked by too many at once.

The row is the queue: an inbox that has none yet gets one, and one whose worker died is due again when its lease is over.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxHealthState, InboxSync, MailServer, SyncFolder
from nimbus.models.base import table_of
from nimbus.providers.contract import ServerLogin
from nimbus.providers.reading import Cursor, Window
from nimbus.rules.connection_test import Leg
from nimbus.rules.incoming import FolderRole
from nimbus.rules.providers import Provider
from nimbus.rules.sync_pace import AT_ONCE_PER_HOST, FIRST_MOST, LEASE, RELISTED_AFTER, read_since
from nimbus.security.held_keys import hold_vault
from nimbus.security.instance_keys import KeyFileProblem
from nimbus.security.vault import CannotOpenSecret, Vault
from nimbus.services.server_login import open_login_with

READ_BY = (Provider.SMTP_IMAP, Provider.GMAIL, Provider.MICROSOFT)  # the paths over which mail is read
_CLAIMING = 0x73796E63  # "sync": on Postgres, those who claim wait for each other, so that none counts what has changed
_SYNC, _ACCOUNT, _IMAP = table_of(InboxSync), table_of(EmailAccountHealth), table_of(MailServer)
_HOST = sa.func.lower(sa.func.coalesce(_IMAP.c.host, _ACCOUNT.c.provider))
_JOINED = _SYNC.join(_ACCOUNT, _ACCOUNT.c.id == _SYNC.c.account_id).outerjoin(
    _IMAP, sa.and_(_IMAP.c.account_id == _SYNC.c.account_id, _IMAP.c.leg == Leg.IMAP)
)


@dataclass(frozen=True, slots=True)
class Taken:
    """An inbox that this worker reads now; all it needs to know, so that no database is held meanwhile.

    login: None where it is read over an API, or where its password does not open.
    """

    workspace_id: int
    account_id: int
    email: str
    provider: Provider
    owner: str
    cursors: Mapping[FolderRole, Cursor]
    window: Window
    login: ServerLogin | None
    must_list: bool
    failures: int
    active_at: datetime | None
    is_first: bool
    taken_at: datetime


def add_rows() -> None:
    """Give every connected inbox that has no row yet one that is due at once."""
    lacking = (
        sa.select(
            _ACCOUNT.c.workspace_id,
            _ACCOUNT.c.id,
            sa.literal(now(), _SYNC.c.next_at.type),
            *(sa.literal(0),) * 3,
            sa.literal([], sa.JSON()),
        )
        .outerjoin(_SYNC, _SYNC.c.account_id == _ACCOUNT.c.id)
        .where(
            _SYNC.c.account_id.is_(None), _ACCOUNT.c.removed_at.is_(None), _ACCOUNT.c.provider.in_(READ_BY)
        )
    )
    with transaction() as session:
        names = "workspace_id", "account_id", "next_at", "failures", "backlog", "backlog_done", "folders"
        put = insert_or(InboxSync, dialect_of(session)).from_select(names, lacking)
        session.execute(put.on_conflict_do_nothing())


def is_anything_due(moment: datetime) -> bool:
    """Whether an inbox waits to be read, or has no row yet."""
    lacking = sa.exists().where(
        _ACCOUNT.c.removed_at.is_(None),
        _ACCOUNT.c.provider.in_(READ_BY),
        ~sa.exists().where(_SYNC.c.account_id == _ACCOUNT.c.id),
    )
    return bool(db.session.scalar(sa.select(sa.or_(sa.exists().where(_is_due(moment)), lacking))))


def take_due(most: int, *, only: tuple[int, int] | None = None) -> list[Taken]:
    """Take at most so many inboxes whose time has come; `only`: workspace and id of the one inbox that is wanted."""
    moment = now()
    with transaction() as session:
        if dialect_of(session) == "postgresql":
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIMING)))
        of_one = {"of_workspace": only[0], "of_account": only[1]} if only else {}
        due = _within_budget(is_one=only is not None).limit(most)
        chosen = session.scalars(due, {"at_moment": moment} | of_one).all()
        if not chosen:
            return []
        owner = secrets.token_hex(16)
        claim = sa.update(_SYNC).where(_SYNC.c.account_id.in_(chosen), _is_due(moment))
        taken = session.scalars(
            claim.values(owner=owner, lease_until=moment + LEASE, tried_at=moment).returning(
                _SYNC.c.account_id
            )
        ).all()
        return _read(session, taken, owner, moment)


def _is_due(moment: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    is_free = sa.or_(_SYNC.c.lease_until.is_(None), _SYNC.c.lease_until < moment)
    return sa.and_(_SYNC.c.next_at <= moment, is_free)


@cache
def _within_budget(*, is_one: bool) -> sa.Select[tuple[int]]:
    """What is due and whose server may be asked by one more, in its order; of each server only so many.

    So those who wait for one server keep nobody waiting for another, however many they are. Gmail and Graph count for
    each mailbox by itself.
    """
    moment = sa.bindparam("at_moment", type_=_SYNC.c.next_at.type)
    first = _SYNC.c.asked_by.is_(None).label("is_routine"), _SYNC.c.next_at, _SYNC.c.account_id
    place = sa.func.row_number().over(partition_by=_HOST, order_by=first).label("place")
    is_read = [_is_due(moment), _ACCOUNT.c.removed_at.is_(None), _ACCOUNT.c.provider.in_(READ_BY)]
    if is_one:
        is_read += [
            _SYNC.c.workspace_id == sa.bindparam("of_workspace"),
            _SYNC.c.account_id == sa.bindparam("of_account"),
        ]
    due = sa.select(*first, _HOST.label("host"), place).select_from(_JOINED).where(*is_read).subquery("due")
    count = sa.select(_HOST.label("host"), sa.func.count().label("held")).select_from(_JOINED)
    busy = count.where(_SYNC.c.lease_until >= moment).group_by(_HOST).subquery("busy")
    has_room = due.c.place + sa.func.coalesce(busy.c.held, 0) <= AT_ONCE_PER_HOST
    found = sa.select(due.c.account_id).outerjoin(busy, busy.c.host == due.c.host)
    return found.where(sa.or_(has_room, due.c.host.in_(list(Provider)))).order_by(
        due.c.is_routine, due.c.next_at, due.c.account_id
    )


def _read(session: Session, taken: Sequence[int], owner: str, moment: datetime) -> list[Taken]:
    """What reading these inboxes needs, in three queries whatever their number."""
    cursors = _cursors(session, taken)
    imap = sa.select(MailServer).where(MailServer.account_id.in_(taken), MailServer.leg == Leg.IMAP)
    servers = {server.account_id: server for server in session.scalars(imap)}
    theirs = {server.workspace_id for server in servers.values()}
    vaults = {workspace_id: _vault(session, workspace_id) for workspace_id in sorted(theirs)}
    rows = session.execute(
        sa.select(InboxSync, EmailAccountHealth, InboxHealthState.last_mail_at)
        .join(EmailAccountHealth, EmailAccountHealth.id == InboxSync.account_id)
        .outerjoin(InboxHealthState, InboxHealthState.account_id == InboxSync.account_id)
        .where(InboxSync.account_id.in_(taken))
    )
    return [
        Taken(
            workspace_id=sync.workspace_id,
            account_id=sync.account_id,
            email=account.email.lower(),
            provider=Provider(account.provider),
            owner=owner,
            cursors=_watched(cursors[sync.account_id], servers.get(sync.account_id)),
            window=Window(read_since(moment, sync.synced_at), None if sync.synced_at else FIRST_MOST),
            login=_login(vaults.get(sync.workspace_id), servers.get(sync.account_id)),
            must_list=_is_listing_old(sync, moment) or sync.asked_by is not None,
            failures=sync.failures,
            active_at=max(filter(None, (sync.heard_at, last_mail_at)), default=None),
            is_first=sync.synced_at is None,
            taken_at=moment,
        )
        for sync, account, last_mail_at in rows
    ]


def _cursors(session: Session, taken: Sequence[int]) -> dict[int, dict[FolderRole, Cursor]]:
    cursors: dict[int, dict[FolderRole, Cursor]] = defaultdict(dict)
    for row in session.scalars(sa.select(SyncFolder).where(SyncFolder.account_id.in_(taken))):
        cursors[row.account_id][FolderRole(row.role)] = Cursor(
            row.name, row.uid_validity, row.last_uid, row.cursor, row.messages
        )
    return cursors


def _watched(cursors: dict[FolderRole, Cursor], server: MailServer | None) -> dict[FolderRole, Cursor]:
    """The inbox first. Where a person has chosen another folder for replies, that one was never read."""
    inbox = (server.folder if server else None) or "INBOX"
    known = cursors.pop(FolderRole.INBOX, None)
    stands = known is not None and (server is None or known.name == inbox)
    return {FolderRole.INBOX: known if known and stands else Cursor(inbox)} | cursors


def _is_listing_old(sync: InboxSync, moment: datetime) -> bool:
    return sync.listed_at is None or moment - sync.listed_at > RELISTED_AFTER


def _vault(session: Session, workspace_id: int) -> Vault | None:
    try:
        return hold_vault(session, workspace_id)
    except KeyFileProblem:  # its inboxes say so, and those of other workspaces are read
        return None


def _login(vault: Vault | None, server: MailServer | None) -> ServerLogin | None:
    try:
        return open_login_with(vault, server) if vault and server else None
    except CannotOpenSecret:
        return None
