"""Signing in and out. A session is a row, so that signing out ends it on the server as well."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import read_only_reason, transaction
from nimbus.extensions import db
from nimbus.models import Membership, Role, User, UserSession, Workspace
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.rules.browsers import browser_in_words
from nimbus.security.passwords import hash_password, is_outdated, password_matches
from nimbus.services.asker import Asker
from nimbus.services.audit import record

IDLE_LIMIT = timedelta(days=14)
ABSOLUTE_LIMIT = timedelta(days=30)
SESSION_ID_LENGTH = 16
_OF_EMAIL = (
    sa.select(
        User.id.label("user_id"), User.name, User.password_hash, Membership.workspace_id, Membership.role
    )
    .outerjoin(Membership, Membership.user_id == User.id)
    .where(User.email == sa.bindparam("of_email"))
    .order_by(Membership.id)
    .limit(1)
)
Person = sa.Row[int, str, str, int, str]  # the last two are None for somebody who belongs to no workspace
_OF_TOKEN = (
    sa.select(
        UserSession.token_hash,
        UserSession.created_at,
        UserSession.seen_at,
        UserSession.proved_at,
        User.id.label("user_id"),
        User.name,
        User.email,
        User.owns_instance,
        Membership.role,
        Workspace.id.label("workspace_id"),
        Workspace.name.label("workspace_name"),
        Workspace.timezone,
    )
    .join(User, User.id == UserSession.user_id)
    .join(
        Membership,
        sa.and_(
            Membership.user_id == UserSession.user_id, Membership.workspace_id == UserSession.workspace_id
        ),
    )
    .join(Workspace, Workspace.id == UserSession.workspace_id)
    .where(UserSession.token_hash == sa.bindparam("of_token"))
)
_SEEN_STEP = timedelta(minutes=10)  # `seen_at` is for people: no write for every click


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session with the person behind it, the workspace that is open in it, and the person's role there."""

    token_hash: str
    created_at: datetime
    seen_at: datetime
    proved_at: datetime
    user_id: int
    name: str
    email: str
    owns_instance: bool
    role: Role
    workspace_id: int
    workspace_name: str
    timezone: str


def sign_in(email: str, password: str, *, address: str, browser: str) -> str | None:
    """Check a person's password and open a session. Returns its token, or None for any wrong pair.

    A password that was hashed with older parameters is hashed anew on the way.
    """
    person = find_by_password(email, password, address=address)
    if person is None or person.workspace_id is None:
        return None
    stored = person.password_hash
    kept = hash_password(password) if is_outdated(stored) else stored
    token = new_token()
    with transaction() as session:
        if not replace_password(session, person.user_id, stored, kept):
            return None  # changed since it was read: this one is the old password
        _add_session(session, person.workspace_id, person.user_id, token, address=address, browser=browser)
        asker = _as_asker(person, address)
        record(
            session,
            Action.SIGNED_IN,
            workspace_id=person.workspace_id,
            asker=asker,
            browser=browser_in_words(browser),
        )
    return token


def find_by_password(email: str, password: str, *, address: str) -> Person | None:
    """The person with their first workspace, if they have one; None for any wrong pair, which that workspace's log notes."""
    person = db.session.execute(_OF_EMAIL, {"of_email": email.strip().lower()}).one_or_none()
    if not password_matches(password, person.password_hash if person else None):
        _note_failure(person, address)
        return None
    return person


def open_session(workspace_id: int, user_id: int, *, address: str, browser: str) -> str:
    """Open a session for somebody whose identity is proved; returns the token for the cookie."""
    token = new_token()
    with transaction() as session:
        _add_session(session, workspace_id, user_id, token, address=address, browser=browser)
    return token


def replace_password(session: Session, user_id: int, before: str, after: str) -> bool:
    """Put one hash in the place of another; False when it is no longer there. Locks the person's row until the commit."""
    changed = session.execute(
        sa.update(User).where(User.id == user_id, User.password_hash == before).values(password_hash=after)
    )
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def new_token() -> str:
    """A session's token: 256 random bits, for the cookie alone."""
    return secrets.token_urlsafe(32)


def find_session(token: str) -> LiveSession | None:
    """The live session of a token. None once it has ended, was idle for 14 or open for 30 days, or its person has left."""
    row = db.session.execute(_OF_TOKEN, {"of_token": hash_token(token)}).one_or_none()
    if row is None or now() - row.seen_at > IDLE_LIMIT or now() - row.created_at > ABSOLUTE_LIMIT:
        return None
    if now() - row.seen_at > _SEEN_STEP and not read_only_reason():
        with transaction() as session:
            session.execute(
                sa.update(UserSession).where(UserSession.token_hash == row.token_hash).values(seen_at=now())
            )
    return LiveSession(**{**row._mapping, "role": Role(row.role)})  # noqa: SLF001 - its public name


def sign_out(asker: Asker, token: str) -> None:
    """End the asker's session; its token opens nothing from now on."""
    with transaction() as session:
        ended = session.execute(
            sa.delete(UserSession).where(
                UserSession.token_hash == hash_token(token), UserSession.user_id == asker.user_id
            )
        )
        if ended.rowcount == 1:  # type: ignore[attr-defined]
            record(session, Action.SIGNED_OUT, workspace_id=asker.workspace_id, asker=asker)


def hash_token(token: str) -> str:
    """What the database knows of a session's token."""
    return sha256(token.encode()).hexdigest()


def session_id(token: str) -> str:
    """What names a session on pages and in the log: the beginning of its hash, which opens nothing."""
    return hash_token(token)[:SESSION_ID_LENGTH]


def _add_session(
    session: Session, workspace_id: int, user_id: int, token: str, *, address: str, browser: str
) -> None:
    moment = now()
    session.add(
        UserSession(
            token_hash=hash_token(token),
            workspace_id=workspace_id,
            user_id=user_id,
            created_at=moment,
            seen_at=moment,
            proved_at=moment,
            address=address,
            browser=browser[:200],
        )
    )


def _note_failure(person: Person | None, address: str) -> None:
    """Record a wrong password. A wrong address costs a write as well, or its shorter time would tell that nobody has it."""
    with transaction() as session:
        if person and person.workspace_id:
            asker = _as_asker(person, address)
            record(session, Action.SIGN_IN_FAILED, workspace_id=person.workspace_id, asker=asker)
        else:
            first = sa.select(sa.func.min(Workspace.id)).scalar_subquery()
            table = table_of(Workspace)
            session.execute(sa.update(table).where(table.c.id == first).values(name=table.c.name))


def _as_asker(person: Person, address: str) -> Asker:
    return Asker(person.workspace_id, person.user_id, person.name, Role(person.role), address)
