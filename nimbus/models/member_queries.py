"""Who belongs to a workspace, who is invited, and to which workspaces somebody belongs."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.audit_event import AuditEvent
from nimbus.models.invitation import Invitation
from nimbus.models.user import Membership, User, UserSession
from nimbus.models.workspace import Workspace
from nimbus.rules.audit import Action
from nimbus.rules.roles import Role


class Member(NamedTuple):
    """A person of a workspace. `seen_at` is None until they were here for the first time."""

    user_id: int
    name: str
    email: str
    role: Role
    seen_at: datetime | None


class Invited(NamedTuple):
    """An invitation that was not used yet. It may have expired."""

    id: int
    email: str
    role: Role
    invited_by: str | None
    expires_at: datetime


class OwnWorkspace(NamedTuple):
    """A workspace that somebody belongs to, and as what."""

    id: int
    name: str
    role: Role


_BY_RANK = sa.case({role: rank for rank, role in enumerate(Role)}, value=Membership.role)
# A session tells when it was last used, and is gone after signing out; the log keeps that.
_LAST_SESSION = (
    sa.select(sa.func.max(UserSession.seen_at))
    .where(
        UserSession.user_id == Membership.user_id,
        UserSession.workspace_id == Membership.workspace_id,
    )
    .correlate(Membership)
    .scalar_subquery()
)
_LAST_ACTION = (
    sa.select(AuditEvent.at)
    .where(
        AuditEvent.user_id == Membership.user_id,
        AuditEvent.workspace_id == Membership.workspace_id,
        AuditEvent.action != Action.SIGN_IN_FAILED,  # that may have been anybody
    )
    .order_by(AuditEvent.id.desc())
    .limit(1)
    .correlate(Membership)
    .scalar_subquery()
)
_MEMBERS = (
    sa.select(
        Membership.user_id,
        User.name,
        User.email,
        Membership.role,
        _LAST_SESSION.label("in_session"),
        _LAST_ACTION.label("in_log"),
    )
    .join(User, User.id == Membership.user_id)
    .where(Membership.workspace_id == sa.bindparam("of_workspace"))
)


def list_members(session: Session, workspace_id: int) -> list[Member]:
    """Everybody of a workspace, from most to least and then by name."""
    ordered = _MEMBERS.order_by(_BY_RANK, sa.func.lower(User.name), User.id)
    return [_member(row) for row in session.execute(ordered, {"of_workspace": workspace_id})]


def find_member(session: Session, workspace_id: int, user_id: int) -> Member | None:
    """One person of a workspace, or None."""
    row = session.execute(
        _MEMBERS.where(Membership.user_id == user_id), {"of_workspace": workspace_id}
    ).one_or_none()
    return _member(row) if row else None


def list_invited(session: Session, workspace_id: int) -> list[Invited]:
    """The invitations of a workspace that nobody used yet, the newest first."""
    return [
        Invited._make(row) for row in session.execute(_invited(workspace_id).order_by(Invitation.id.desc()))
    ]


def find_invited(session: Session, workspace_id: int, invitation_id: int) -> Invited | None:
    """One invitation of a workspace that nobody used yet, or None."""
    row = session.execute(_invited(workspace_id).where(Invitation.id == invitation_id)).one_or_none()
    return Invited._make(row) if row else None


def list_own_workspaces(session: Session, user_id: int) -> list[OwnWorkspace]:
    """The workspaces somebody belongs to, by name."""
    found = session.execute(
        sa.select(Workspace.id, Workspace.name, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == user_id)
        .order_by(sa.func.lower(Workspace.name), Workspace.id)
    )
    return [OwnWorkspace(row.id, row.name, Role(row.role)) for row in found]


def _invited(workspace_id: int) -> sa.Select[int, str, str, str, datetime]:
    return (
        sa.select(Invitation.id, Invitation.email, Invitation.role, User.name, Invitation.expires_at)
        .outerjoin(User, User.id == Invitation.invited_by)
        .where(Invitation.workspace_id == workspace_id, Invitation.used_at.is_(None))
    )


def _member(row: sa.Row[int, str, str, str, datetime, datetime]) -> Member:
    times = [moment for moment in (row.in_session, row.in_log) if moment is not None]
    return Member(row.user_id, row.name, row.email, Role(row.role), max(times, default=None))
