"""The keys of workspaces, wrapped by the instance key that lives in a file of its own, never in the database."""

import os
import secrets
import tempfile
from pathlib import Path

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.errors import NimbusError
from nimbus.models.workspace import WorkspaceKey
from nimbus.security.vault import Vault

_KEYS = (
    sa.select(WorkspaceKey.id, WorkspaceKey.wrapped)
    .where(WorkspaceKey.workspace_id == sa.bindparam("of_workspace"))
    .order_by(WorkspaceKey.created_at, WorkspaceKey.id)
)


class KeyFileProblem(NimbusError):
    """The instance key file is missing, unreadable, or not the one this database belongs to."""


def ensure_instance_key(path: Path) -> bool:
    """Make the instance key file (0600) unless it is there. Returns whether it was made."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return False
    handle, written = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(written, path)  # the whole key appears at once, and only where there is none
    except FileExistsError:
        return False
    finally:
        Path(written).unlink()
    return True


def load_instance_key(path: Path) -> Fernet:
    """Read the instance key. Raises KeyFileProblem, naming the file, when it cannot be used."""
    try:
        return Fernet(path.read_bytes().strip())
    except OSError as problem:
        raise KeyFileProblem(f"The key file {path} cannot be read: {problem.strerror}.") from None
    except ValueError:
        raise KeyFileProblem(f"The key file {path} does not hold a key.") from None


def _instance_key() -> Fernet:
    key: Fernet = current_app.extensions["nimbus.instance_key"]
    return key


def create_workspace_key(session: Session, workspace_id: int) -> WorkspaceKey:
    """Add a fresh data key to a workspace; it becomes the one that seals. The caller commits."""
    wrapped = _instance_key().encrypt(Fernet.generate_key()).decode()
    row = WorkspaceKey(id=secrets.token_hex(8), workspace_id=workspace_id, wrapped=wrapped, created_at=now())
    session.add(row)
    session.flush()
    return row


def vault_of(session: Session, workspace_id: int) -> Vault:
    """The vault of a workspace: the only way to its secrets. Raises KeyFileProblem with the wrong key file."""
    rows = session.execute(_KEYS, {"of_workspace": workspace_id}).all()
    if not rows:
        raise KeyFileProblem("This workspace has no key.")
    instance_key = _instance_key()
    try:
        keys = {row.id: instance_key.decrypt(row.wrapped.encode()) for row in rows}
    except InvalidToken:
        raise KeyFileProblem("The instance key file does not belong to this database.") from None
    return Vault(workspace_id, keys, current=rows[-1].id)
