"""Which of a person's workspaces is open in a session, and making a new one."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import Membership, Role, UserSession, Workspace
from nimbus.rules.audit import Action
from nimbus.security.workspace_keys import create_workspace_key
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.sign_in import hash_token
from nimbus.services.team import add_member


class NoSuchWorkspace(NimbusError):
    """There is no workspace with this id that the person belongs to."""


class NameTaken(NimbusError):
    """Another workspace of this installation has this name, and commands tell them apart by name."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A session whose person left the workspace that was open in it; `now_open` is None where there is no other."""

    workspace: str
    now_open: str | None


def open_workspace(asker: Asker, token: str, workspace_id: int) -> None:
    """Open another workspace of the asker in their session. Raises NoSuchWorkspace."""
    with transaction() as session:
        role = session.scalar(
            sa.select(Membership.role).where(
                Membership.workspace_id == workspace_id, Membership.user_id == asker.user_id
            )
        )
        if role is None:
            raise NoSuchWorkspace("This workspace does not exist, or you do not belong to it.")
        _open(session, token, asker.user_id, workspace_id)
        if workspace_id != asker.workspace_id:
            record(session, Action.WORKSPACE_OPENED, workspace_id=workspace_id, asker=asker)


def follow_person(token: str) -> Lost | None:
    """Lead a session whose person no longer belongs to its workspace to another one of theirs, or end it.

    None when there is no such session, or nothing is wrong with it.
    """
    found = db.session.execute(_LOST, {"of_token": hash_token(token)}).one_or_none()
    if found is None:
        return None
    with transaction() as session:
        other = session.execute(
            sa.select(Workspace.id, Workspace.name)
            .join(Membership, Membership.workspace_id == Workspace.id)
            .where(Membership.user_id == found.user_id)
            .order_by(Membership.id)
            .limit(1)
        ).one_or_none()
        if other is not None:
            _open(session, token, found.user_id, other.id)
            return Lost(found.name, other.name)
        session.execute(sa.delete(UserSession).where(UserSession.token_hash == hash_token(token)))
        return Lost(found.name, None)


def make_workspace(asker: Asker, name: str, timezone: str) -> int:
    """Make a workspace with its own key, owned by the asker; gives its id. `timezone` is an IANA name.

    Raises NameTaken.
    """
    with transaction() as session:
        if session.scalar(sa.select(Workspace.id).where(Workspace.name == name)):
            raise NameTaken(f"There is a workspace called {name} already. Choose another name.")
        workspace = Workspace(name=name, timezone=timezone, created_at=now())
        session.add(workspace)
        session.flush()
        create_workspace_key(session, workspace.id)
        record(
            session,
            Action.WORKSPACE_MADE,
            workspace_id=workspace.id,
            asker=asker,
            on=Object("workspace", workspace.id, name),
        )
        add_member(session, workspace.id, asker.user_id, Role.OWNER)
        return workspace.id


_LOST = (
    sa.select(UserSession.user_id, Workspace.name)
    .join(Workspace, Workspace.id == UserSession.workspace_id)
    .where(
        UserSession.token_hash == sa.bindparam("of_token"),
        ~sa.exists()
        .where(
            Membership.user_id == UserSession.user_id,
            Membership.workspace_id == UserSession.workspace_id,
        )
        .correlate(UserSession),
    )
)


def _open(session: Session, token: str, user_id: int, workspace_id: int) -> None:
    session.execute(
        sa.update(UserSession)
        .where(UserSession.token_hash == hash_token(token), UserSession.user_id == user_id)
        .values(workspace_id=workspace_id)
    )
