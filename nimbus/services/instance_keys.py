"""Replacing the instance key: another file wraps the keys of all workspaces from one commit on.

The new key lies beside the old one before the database names it, so that at every instant each process finds the key
it needs. Killed anywhere, a rotation is finished, or begun again with the same new key, by the next one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import ReadOnly, read_only_reason, transaction
from nimbus.extensions import db
from nimbus.models import InstanceFact, Workspace, WorkspaceKey
from nimbus.models.base import table_of
from nimbus.models.instance import KEY_CANARY
from nimbus.rules.audit import Action
from nimbus.security.canary import FIND_CANARY, Canary, wrapping_key
from nimbus.security.instance_keys import (
    InstanceKey,
    KeyFileProblem,
    KeyRing,
    key_ring,
    load_instance_key,
    new_key_text,
    next_path,
    retired_path,
    retired_paths,
)
from nimbus.security.private_files import put, sync_directory
from nimbus.services.audit import Object, record

_KEYS = table_of(WorkspaceKey)
_REWRAP = (
    sa.update(_KEYS)
    .where(_KEYS.c.id == sa.bindparam("of_key"))
    .values(wrapped=sa.bindparam("new_wrapped"), wrapped_by=sa.bindparam("new_key"))
)


def rotate_instance_key() -> str:
    """Wrap the keys of all workspaces with a new instance key; returns its id.

    Raises KeyFileProblem when a key does not open or a file cannot be written, and ReadOnly; nothing has changed then.
    """
    if reason := read_only_reason():
        raise ReadOnly(reason)
    ring = key_ring()
    with _alone(ring.path):
        _finish(ring.path)
        new = _prepared_key(next_path(ring.path))
        with transaction() as session:
            old = wrapping_key(session, to_change=True)
            _wrap_all(session, ring, new)
            _name_it(session, old, new)
        _finish(ring.path)
    return new.id


def finish_rotation() -> None:
    """Move the files of a rotation that died after its commit; nothing to do in any other case."""
    path = key_ring().path
    with _alone(path):
        _finish(path)


def retired_files() -> list[Path]:
    """The files of replaced keys that nothing in the database is wrapped with."""
    path = key_ring().path
    with transaction() as session:
        in_use = {
            wrapping_key(session, to_change=True).id,
            *session.scalars(sa.select(WorkspaceKey.wrapped_by)),
        }
    return [
        each for each in retired_paths(path) if each not in {retired_path(path, str(key)) for key in in_use}
    ]


def destroy_retired() -> list[Path]:
    """Delete those files, and return what they were. Backups from before their rotation then open nowhere."""
    path = key_ring().path
    with _alone(path):
        gone = retired_files()
        for each in gone:
            each.unlink()
        sync_directory(path.parent)
    return gone


def _prepared_key(path: Path) -> InstanceKey:
    """The key that comes next: one that an earlier attempt left, or a new one."""
    with suppress(KeyFileProblem):
        return load_instance_key(path)
    try:
        put(path, new_key_text())
    except OSError as problem:
        raise KeyFileProblem(f"The new key cannot be written to {path}: {problem.strerror}.") from None
    return load_instance_key(path)


def _wrap_all(session: Session, ring: KeyRing, new: InstanceKey) -> None:
    rows = session.execute(sa.select(_KEYS.c.id, _KEYS.c.wrapped, _KEYS.c.wrapped_by).with_for_update()).all()
    wrapped = [
        {
            "of_key": row.id,
            "new_wrapped": new.wrap(ring.unwrap(row.wrapped, row.wrapped_by)),
            "new_key": new.id,
        }
        for row in rows
    ]
    if wrapped:
        session.connection().execute(_REWRAP, wrapped)


def _name_it(session: Session, old: InstanceKey, new: InstanceKey) -> None:
    canary = sa.update(InstanceFact).where(InstanceFact.name == KEY_CANARY)
    session.execute(canary.values(value=str(Canary.of(new))))
    for workspace_id in session.scalars(sa.select(Workspace.id)).all():
        key = Object("instance key", new.id, new.id)
        record(session, Action.INSTANCE_KEY_ROTATED, workspace_id=workspace_id, on=key, replaced=old.id)


def _finish(path: Path) -> None:
    """Give the files the names that the database asks for, each step in an order that a reader can follow."""
    try:
        following = load_instance_key(next_path(path))
    except KeyFileProblem:
        return
    value = db.session.scalar(FIND_CANARY)
    db.session.rollback()  # nothing is held while files are moved
    if value is None or Canary.parse(value).key_id != following.id:
        return
    with suppress(KeyFileProblem, FileExistsError):
        os.link(path, retired_path(path, load_instance_key(path).id))
        sync_directory(path.parent)
    next_path(path).replace(path)
    sync_directory(path.parent)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process at a time changes the files beside a key."""
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
