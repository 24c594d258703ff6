"""Invitations: a link makes one person a member, once, and needs no mail relay: whoever invites hands it over."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import Invitation, Membership, User, Workspace
from nimbus.rules.audit import Action
from nimbus.rules.roles import Role
from nimbus.security.passwords import hash_password
from nimbus.services.asker import Asker
from nimbus.services.audit import Doer, Object, record
from nimbus.services.sign_in import find_by_password
from nimbus.services.team import (
    AlreadyMember,
    add_member,
    changing_members,
    check_may_assign,
    lock_members,
    withdraw_within,
)

VALID_FOR = timedelta(days=7)


class InvitationGone(NimbusError):
    """The link opens nothing: unknown, used, expired or withdrawn. Nobody is told which."""


class NoSuchInvitation(NimbusError):
    """There is no open invitation with this id in this workspace."""


class HasAccount(NimbusError):
    """The invited address can sign in already, so nobody chooses a password for it."""


class WrongPassword(NimbusError):
    """The password is not that of the invited address."""


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """What there is to hand over. The token is nowhere else: the database has only its hash."""

    token: str
    email: str
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What a link offers, to whom; `invited_by` is None when that person is gone."""

    workspace_id: int
    workspace_name: str
    email: str
    role: Role
    invited_by: str | None
    has_account: bool


def invite(asker: Asker, email: str, role: Role) -> NewInvitation:
    """Make a link that lets one person in; an earlier one for the same address opens nothing any more.

    Raises RoleTooHigh, also where the earlier one was for a role beyond the asker's reach, and AlreadyMember.
    """
    token = secrets.token_urlsafe(32)
    with changing_members(asker) as (session, actor):
        check_may_assign(actor, None, role)
        _check_is_new(session, asker.workspace_id, email)
        for earlier in session.scalars(_unused(asker.workspace_id).where(Invitation.email == email)).all():
            check_may_assign(actor, None, Role(earlier.role))
            withdraw_within(session, asker, earlier)
        invitation = Invitation(
            workspace_id=asker.workspace_id,
            token_hash=_hash(token),
            email=email,
            role=role,
            invited_by=asker.user_id,
            created_at=now(),
            expires_at=now() + VALID_FOR,
        )
        session.add(invitation)
        session.flush()
        record(
            session,
            Action.MEMBER_INVITED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=Object("invitation", invitation.id, email),
            role=role,
        )
        return NewInvitation(token, email, role, invitation.expires_at)


def withdraw(asker: Asker, invitation_id: int) -> str:
    """End an open invitation; gives its address. Raises NoSuchInvitation or RoleTooHigh."""
    with changing_members(asker) as (session, actor):
        invitation = session.scalar(_unused(asker.workspace_id).where(Invitation.id == invitation_id))
        if invitation is None:
            raise NoSuchInvitation("This invitation is not open any more.")
        check_may_assign(actor, None, Role(invitation.role))
        withdraw_within(session, asker, invitation)
        return invitation.email


def find_invitation(token: str) -> OpenInvitation:
    """What a link offers now. Raises InvitationGone."""
    return _open(db.session(), token)


def accept_as_new(token: str, *, name: str, password: str, address: str) -> tuple[int, int]:
    """Make the invited person and a member of them; gives the ids of workspace and person.

    Raises InvitationGone, also for whoever uses the link a moment later, and HasAccount.
    """
    password_hash = hash_password(password)
    with transaction() as session:
        invitation = _spend(session, token)
        user_id = session.scalar(
            insert_or(User, dialect_of(session))
            .values(
                email=invitation.email,
                name=name,
                password_hash=password_hash,
                created_at=now(),
                owns_instance=False,
            )
            .on_conflict_do_nothing()
            .returning(User.id)
        )
        if user_id is None:
            raise HasAccount("This address can sign in already.")
        _join(session, invitation, session.get_one(User, user_id), address)
        return invitation.workspace_id, user_id


def accept_with_password(token: str, password: str, *, address: str) -> tuple[int, int]:
    """Make a member of somebody who can sign in, or could: of no other workspace is enough. Gives the ids of both.

    Raises InvitationGone, and WrongPassword, which spends nothing.
    """
    person = find_by_password(find_invitation(token).email, password, address=address)
    if person is None:
        raise WrongPassword("This is not the password of this address.")
    return accept_as(token, person.user_id, address=address), person.user_id


def accept_as(token: str, user_id: int, *, address: str) -> int:
    """Make a member of somebody who can sign in and proved it; gives the workspace's id.

    Raises InvitationGone, also when the link is for somebody else: the page says so before.
    """
    with transaction() as session:
        invitation = _spend(session, token)
        user = session.scalar(sa.select(User).where(User.id == user_id, User.email == invitation.email))
        if user is None:
            raise InvitationGone
        _join(session, invitation, user, address)
        return invitation.workspace_id


def _spend(session: Session, token: str) -> OpenInvitation:
    """Use up a link: of those who try at the same moment, one gets it and the others read InvitationGone."""
    invitation = _open(session, token)
    lock_members(session, invitation.workspace_id)
    spent = session.execute(
        sa.update(Invitation)
        .where(
            Invitation.token_hash == _hash(token),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now(),
        )
        .values(used_at=now())
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise InvitationGone
    return invitation


def _open(session: Session, token: str) -> OpenInvitation:
    inviter = sa.orm.aliased(User)
    row = session.execute(
        sa.select(
            Invitation.workspace_id,
            Workspace.name,
            Invitation.email,
            Invitation.role,
            inviter.name,
            sa.exists().where(User.email == Invitation.email).correlate(Invitation),
        )
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .outerjoin(inviter, inviter.id == Invitation.invited_by)
        .where(
            Invitation.token_hash == _hash(token),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now(),
        )
    ).one_or_none()
    if row is None:
        raise InvitationGone
    workspace_id, workspace_name, email, role, invited_by, has_account = row
    return OpenInvitation(workspace_id, workspace_name, email, Role(role), invited_by, has_account)


def _join(session: Session, invitation: OpenInvitation, user: User, address: str) -> None:
    """A member already, whom a command added meanwhile, keeps the role they have."""
    if add_member(session, invitation.workspace_id, user.id, invitation.role):
        record(
            session,
            Action.MEMBER_JOINED,
            workspace_id=invitation.workspace_id,
            asker=Doer(user.id, user.name, address),
            role=invitation.role,
            invited_by=invitation.invited_by,
        )


def _unused(workspace_id: int) -> sa.Select[Invitation]:
    return sa.select(Invitation).where(Invitation.workspace_id == workspace_id, Invitation.used_at.is_(None))


def _check_is_new(session: Session, workspace_id: int, email: str) -> None:
    name = session.scalar(
        sa.select(User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == workspace_id, User.email == email)
    )
    if name is not None:
        raise AlreadyMember(f"{name} has this address and is a member already.")


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
