"""Asking for a rotation of a workspace's key: by a person, by the timetable, or from the command line.

The new key seals from the moment of asking. What older keys sealed is left to services/reseal_secrets.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import KeyRotation, Workspace, WorkspaceKey
from nimbus.models.key_queries import newest_keys, rotations_to_ring, unfinished_rotation
from nimbus.models.sealed_columns import count_by_key
from nimbus.rules.audit import Action
from nimbus.rules.key_rotation import next_due
from nimbus.security.held_keys import hold_vault, take_keys
from nimbus.security.workspace_keys import create_workspace_key
from nimbus.services import reseal_secrets
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record

_log = logging.getLogger(__name__)


class NoSuchWorkspace(NimbusError):
    """No workspace has this name."""


class Outcome(NamedTuple):
    """How a rotation from the command line ended, in a sentence that names the workspace."""

    is_finished: bool
    sentence: str


def ask_for_rotation(workspace_id: int, *, asker: Asker | None = None) -> bool:
    """Make a new key, which seals from now on, and ring for a worker. `asker` is None for the timetable.

    False when a rotation is under way already: then a worker is asked to go on with that one. Raises KeyFileProblem
    with the wrong key file.
    """
    with transaction() as session:
        rotation, is_new = _begin(session, workspace_id, asker)
        ring_after_commit(session, queues.ROTATE_KEY, workspace_id, rotation.id)
        return is_new


def rotate_due() -> None:
    """Start what is due by each workspace's own schedule, and ring for rotations that no worker is busy with."""
    moment = now()
    for workspace_id, rotation_id in rotations_to_ring(db.session(), moment):
        queues.ring(queues.ROTATE_KEY, workspace_id, rotation_id)
    for workspace_id, days, made in newest_keys(db.session()):
        if next_due(made, days) <= moment:
            try:
                ask_for_rotation(workspace_id)
            except NimbusError as problem:  # one workspace's trouble must not keep the others from theirs
                _log.error("The key of workspace %s cannot be rotated: %s", workspace_id, problem)


def rotate_now(name: str | None = None) -> list[Outcome]:
    """Rotate the key of the workspaces with this name, or of all, and be done with it in this very process.

    Raises NoSuchWorkspace, or KeyFileProblem with the wrong key file.
    """
    query = sa.select(Workspace.id, Workspace.name).order_by(Workspace.id)
    workspaces = db.session.execute(query if name is None else query.where(Workspace.name == name)).all()
    if not workspaces and name is not None:
        raise NoSuchWorkspace(f"There is no workspace called {name}.")
    return [_rotate(workspace.id, workspace.name) for workspace in workspaces]


def change_schedule(asker: Asker, days: int) -> None:
    """Set after how many days a key is replaced by itself, 1 to 3650."""
    with transaction() as session:
        workspace = session.get_one(Workspace, asker.workspace_id)
        before, workspace.rotation_days = workspace.rotation_days, days
        if before != days:
            record(
                session,
                Action.ROTATION_SCHEDULE_CHANGED,
                workspace_id=asker.workspace_id,
                asker=asker,
                days_before=before,
                days=days,
            )


def _begin(session: Session, workspace_id: int, asker: Asker | None) -> tuple[KeyRotation, bool]:
    """The rotation that is under way, or else a new one with its key, and whether it is new."""
    take_keys(session, workspace_id)
    under_way = unfinished_rotation(session, workspace_id)
    if under_way is not None:
        return under_way, False
    hold_vault(session, workspace_id)  # no key is made by somebody who cannot open those that are there
    key_id = _newest_key(session, workspace_id)
    total, _ = count_by_key(session, workspace_id, [])
    rotation = KeyRotation(
        workspace_id=workspace_id,
        key_id=key_id,
        asked_by=asker.user_id if asker else None,
        started_at=now(),
        total=total,
    )
    session.add(rotation)
    session.flush()
    key = Object("key", key_id, key_id)
    record(session, Action.ROTATION_ASKED, workspace_id=workspace_id, asker=asker, on=key)
    return rotation, True


def _newest_key(session: Session, workspace_id: int) -> str:
    """A new key that is the newest in any case: a clock that was set back must not make it the second newest."""
    newest = session.scalar(
        sa.select(sa.func.max(WorkspaceKey.created_at)).where(WorkspaceKey.workspace_id == workspace_id)
    )
    key = create_workspace_key(session, workspace_id)
    if newest is not None and key.created_at <= newest:
        key.created_at = newest + timedelta(microseconds=1)
    return key.id


def _rotate(workspace_id: int, name: str) -> Outcome:
    with transaction() as session:
        rotation_id = _begin(session, workspace_id, None)[0].id
    reseal_secrets.run(workspace_id, rotation_id)
    db.session.rollback()
    rotation = db.session.get_one(KeyRotation, rotation_id, populate_existing=True)
    if rotation.finished_at is None:
        return Outcome(
            is_finished=False,
            sentence=f"{name}: {rotation.problem or 'A worker is rotating this key just now.'}",
        )
    return Outcome(
        is_finished=True,
        sentence=f"{name}: key {rotation.key_id}; passwords sealed again: {rotation.done:,}; "
        f"older keys destroyed: {rotation.keys_destroyed}.",
    )
