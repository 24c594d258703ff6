"""Signing in and out. A session is a row, so that signing out ends it on the server as well."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import Membership, Role, User, UserSession, Workspace
from nimbus.security.passwords import password_matches

IDLE_LIMIT = timedelta(days=14)
ABSOLUTE_LIMIT = timedelta(days=30)
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
    """Check a person's password and open a session. Returns its token, or None for any wrong pair."""
    user = db.session.scalar(sa.select(User).where(User.email == email.strip().lower()))
    if not password_matches(password, user.password_hash if user else None) or user is None:
        return None
    workspace_id = db.session.scalar(
        sa.select(Membership.workspace_id)
        .where(Membership.user_id == user.id)
        .order_by(Membership.id)
        .limit(1)
    )
    if workspace_id is None:
        return None
    return open_session(workspace_id, user.id, address=address, browser=browser)


def open_session(workspace_id: int, user_id: int, *, address: str, browser: str) -> str:
    """Open a session for somebody whose identity is proved; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    with transaction() as session:
        session.add(
            UserSession(
                token_hash=_hash(token),
                workspace_id=workspace_id,
                user_id=user_id,
                created_at=now(),
                seen_at=now(),
                proved_at=now(),
                address=address,
                browser=browser[:200],
            )
        )
    return token


def find_session(token: str) -> LiveSession | None:
    """The live session of a token. None once it has ended, was idle for 14 or open for 30 days, or its person has left."""
    row = db.session.execute(_OF_TOKEN, {"of_token": _hash(token)}).one_or_none()
    if row is None or now() - row.seen_at > IDLE_LIMIT or now() - row.created_at > ABSOLUTE_LIMIT:
        return None
    if now() - row.seen_at > _SEEN_STEP:
        with transaction() as session:
            session.execute(
                sa.update(UserSession).where(UserSession.token_hash == row.token_hash).values(seen_at=now())
            )
    return LiveSession(**{**row._mapping, "role": Role(row.role)})  # noqa: SLF001 - its public name


def sign_out(token: str) -> None:
    """End a session; its token opens nothing from now on."""
    with transaction() as session:
        session.execute(sa.delete(UserSession).where(UserSession.token_hash == _hash(token)))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
