"""The keys of workspaces, wrapped by an instance key that lives in a file of its own, never in the database."""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models.base import table_of
from nimbus.models.workspace import WorkspaceKey
from nimbus.security.canary import wrapping_key
from nimbus.security.instance_keys import KeyFileProblem, key_ring
from nimbus.security.vault import Vault

_ROWS = table_of(WorkspaceKey)
KEYS = (
    sa.select(_ROWS.c.id, _ROWS.c.wrapped, _ROWS.c.wrapped_by)
    .where(_ROWS.c.workspace_id == sa.bindparam("of_workspace"))
    .order_by(_ROWS.c.created_at, _ROWS.c.id)
)


def create_workspace_key(session: Session, workspace_id: int) -> WorkspaceKey:
    """Add a fresh data key to a workspace; it becomes the one that seals. The caller commits."""
    instance_key = wrapping_key(session)
    row = WorkspaceKey(
        id=secrets.token_hex(8),
        workspace_id=workspace_id,
        wrapped=instance_key.wrap(Fernet.generate_key()),
        wrapped_by=instance_key.id,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    return row


def vault_of(session: Session, workspace_id: int) -> Vault:
    """The vault of a workspace: the only way to its secrets. Raises KeyFileProblem with the wrong key file."""
    # Straight on the connection: a session's way costs more than the database does, and every secret comes by here.
    return vault_from(session.connection().execute(KEYS, {"of_workspace": workspace_id}).all(), workspace_id)


def vault_from(rows: Sequence[Any], workspace_id: int) -> Vault:
    """The vault that these rows of KEYS make. Raises KeyFileProblem as vault_of does."""
    if not rows:
        raise KeyFileProblem("This workspace has no key.")
    ring = key_ring()
    keys = {row.id: ring.unwrap(row.wrapped, row.wrapped_by) for row in rows}
    return Vault(workspace_id, keys, current=rows[-1].id)
