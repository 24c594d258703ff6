"""Reading keys and rotations: for the page that shows them, and for what starts and carries them on by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.key_rotation import KeyRotation
from nimbus.models.sealed_columns import count_by_key
from nimbus.models.user import User
from nimbus.models.workspace import Workspace, WorkspaceKey

_IS_UNFINISHED = KeyRotation.finished_at.is_(None)


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A key of a workspace, and how many sealed values it is needed for."""

    id: str
    created_at: datetime
    values: int


def keys_in_use(session: Session, workspace_id: int) -> list[KeyInUse]:
    """The keys of a workspace, the one that seals first."""
    keys = session.execute(
        sa.select(WorkspaceKey.id, WorkspaceKey.created_at)
        .where(WorkspaceKey.workspace_id == workspace_id)
        .order_by(WorkspaceKey.created_at.desc(), WorkspaceKey.id.desc())
    ).all()
    _, counts = count_by_key(session, workspace_id, [key.id for key in keys])
    return [KeyInUse(key.id, key.created_at, count) for key, count in zip(keys, counts, strict=True)]


def unfinished_rotation(session: Session, workspace_id: int) -> KeyRotation | None:
    """The rotation that is under way in a workspace, as the database has it now."""
    return session.scalar(
        sa.select(KeyRotation)
        .where(KeyRotation.workspace_id == workspace_id, _IS_UNFINISHED)
        .execution_options(populate_existing=True)
    )


def latest_rotations(
    session: Session, workspace_id: int, limit: int
) -> Sequence[sa.Row[KeyRotation, str | None]]:
    """The newest finished rotations, each with the name of whoever asked for it; None for NimbusOS itself."""
    return session.execute(
        sa.select(KeyRotation, User.name)
        .outerjoin(User, User.id == KeyRotation.asked_by)
        .where(KeyRotation.workspace_id == workspace_id, KeyRotation.finished_at.is_not(None))
        .order_by(KeyRotation.id.desc())
        .limit(limit)
    ).all()


def rotations_to_ring(session: Session, moment: datetime) -> Sequence[sa.Row[int, int]]:
    """(workspace id, id) of each rotation under way that no worker has, or whose worker's lease is over."""
    return session.execute(
        sa.select(KeyRotation.workspace_id, KeyRotation.id).where(
            _IS_UNFINISHED, sa.or_(KeyRotation.lease_until.is_(None), KeyRotation.lease_until < moment)
        )
    ).all()


def newest_keys(session: Session) -> Sequence[sa.Row[int, int, datetime]]:
    """(workspace id, its rotation_days, when its newest key was made) of each workspace without a rotation under way."""
    under_way = sa.exists().where(KeyRotation.workspace_id == Workspace.id, _IS_UNFINISHED)
    return session.execute(
        sa.select(Workspace.id, Workspace.rotation_days, sa.func.max(WorkspaceKey.created_at).label("made"))
        .join(WorkspaceKey, WorkspaceKey.workspace_id == Workspace.id)
        .where(sa.not_(under_way))
        .group_by(Workspace.id, Workspace.rotation_days)
        .order_by(Workspace.id)
    ).all()
