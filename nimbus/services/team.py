"""Who belongs to a workspace and as what: changing roles, removing people, leaving.

Nobody is told by cookie: every request reads the person's role from the database, so a change acts on open sessions
with their next click.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.models import Invitation, Membership, User, Workspace
from nimbus.rules.audit import Action
from nimbus.rules.roles import Permission, Role, may_assign, who_may, who_may_assign
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record


class NoSuchMember(NimbusError):
    """There is no such person in this workspace."""


class AlreadyMember(NimbusError):
    """The person belongs to this workspace already."""


class LastOwner(NimbusError):
    """Nobody would own the workspace any more."""

    def __init__(self) -> None:
        super().__init__(
            "This is the only owner, and a workspace needs one. Make somebody else an owner first."
        )


class RoleTooHigh(NimbusError):
    """The asker's own role is not enough for this change; `who` names the people whose is."""

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} can do this.")
        self.who = who


@contextmanager
def changing_members(asker: Asker) -> Iterator[tuple[Session, Role]]:
    """A write transaction with the asker's role as it is now, while nobody else changes who belongs to the workspace.

    Raises RoleTooHigh for somebody who belongs to it no longer.
    """
    with transaction() as session:
        lock_members(session, asker.workspace_id)
        role = session.scalar(
            sa.select(Membership.role).where(
                Membership.workspace_id == asker.workspace_id, Membership.user_id == asker.user_id
            )
        )
        if role is None:
            raise RoleTooHigh(who_may(Permission.MANAGE_MEMBERS))
        yield session, Role(role)


def lock_members(session: Session, workspace_id: int) -> None:
    """Let changes to the people of a workspace come one after the other. SQLite has one writer anyway."""
    session.execute(
        sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )


def check_may_assign(actor: Role, before: Role | None, after: Role | None) -> None:
    """Raise RoleTooHigh unless somebody of this role may turn one role into the other; None is no member."""
    if not may_assign(actor, before, after):
        raise RoleTooHigh(who_may_assign(before, after))


def add_member(session: Session, workspace_id: int, user_id: int, role: Role) -> bool:
    """Make somebody a member within the caller's transaction; False when they were one, whose role then stays."""
    joined = session.scalar(
        insert_or(Membership, dialect_of(session))
        .values(workspace_id=workspace_id, user_id=user_id, role=role)
        .on_conflict_do_nothing()
        .returning(Membership.id)
    )
    return joined is not None


def change_role(asker: Asker, user_id: int, role: Role) -> None:
    """Give a member another role. Raises NoSuchMember, RoleTooHigh, or LastOwner.

    What they had invited and may no longer invite to is withdrawn.
    """
    with changing_members(asker) as (session, actor):
        member, user = _member(session, asker.workspace_id, user_id)
        before = Role(member.role)
        check_may_assign(actor, before, role)
        if before == role:
            return
        _keep_an_owner(session, member, role)
        member.role = role
        record(
            session,
            Action.ROLE_CHANGED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=Object("member", user_id, user.name),
            role=f"from {before} to {role}",
        )
        _withdraw(session, asker, Invitation.invited_by == user_id, left_with=role)


def remove_member(asker: Asker, user_id: int) -> str:
    """Take somebody out of the workspace; gives their name. Raises NoSuchMember, RoleTooHigh, or LastOwner.

    Everybody may leave, whatever their role. What they had invited is withdrawn, and what invited them.
    """
    with changing_members(asker) as (session, actor):
        member, user = _member(session, asker.workspace_id, user_id)
        if user_id != asker.user_id:
            check_may_assign(actor, Role(member.role), None)
        _keep_an_owner(session, member, None)
        session.delete(member)
        leaves = user_id == asker.user_id
        record(
            session,
            Action.MEMBER_LEFT if leaves else Action.MEMBER_REMOVED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=None if leaves else Object("member", user_id, user.name),
            role=member.role,
        )
        theirs = sa.or_(Invitation.invited_by == user_id, Invitation.email == user.email)
        _withdraw(session, asker, theirs)
        return user.name


def _member(session: Session, workspace_id: int, user_id: int) -> tuple[Membership, User]:
    member = session.scalar(
        sa.select(Membership).where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
    )
    if member is None:
        raise NoSuchMember("This person does not belong to the workspace.")
    return member, session.get_one(User, user_id)


def _keep_an_owner(session: Session, member: Membership, after: Role | None) -> None:
    if member.role != Role.OWNER or after == Role.OWNER:
        return
    others = sa.exists().where(
        Membership.workspace_id == member.workspace_id,
        Membership.role == Role.OWNER,
        Membership.user_id != member.user_id,
    )
    if not session.scalar(sa.select(others)):
        raise LastOwner


def _withdraw(
    session: Session, asker: Asker, which: sa.ColumnElement[bool], *, left_with: Role | None = None
) -> None:
    """End open invitations, so that nobody comes in by the word of somebody who could not give it today."""
    invitations = session.scalars(
        sa.select(Invitation).where(
            Invitation.workspace_id == asker.workspace_id, Invitation.used_at.is_(None), which
        )
    ).all()
    for invitation in invitations:
        if left_with is None or not may_assign(left_with, None, Role(invitation.role)):
            withdraw_within(session, asker, invitation)


def withdraw_within(session: Session, asker: Asker, invitation: Invitation) -> None:
    """End one open invitation within the caller's transaction: its link opens nothing from now on."""
    session.delete(invitation)
    record(
        session,
        Action.INVITATION_WITHDRAWN,
        workspace_id=asker.workspace_id,
        asker=asker,
        on=Object("invitation", invitation.id, invitation.email),
        role=invitation.role,
    )
