"""Keys that stand still: while a transaction seals or opens, no key of its workspace appears and none is destroyed.

Without it a value could be sealed, in a transaction that is still open, with a key that a rotation finds unused.
SQLite has one writer at a time and readers on a snapshot, so there it is so anyway; Postgres is given a lock.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import dialect_of
from nimbus.security.vault import Vault
from nimbus.security.workspace_keys import KEYS, vault_from, vault_of

_KEYS = 0x6B6579  # "key": sets these locks apart from any others in the database
_SHARED = sa.select(
    sa.func.pg_advisory_xact_lock_shared(_KEYS, sa.bindparam("of_workspace", type_=sa.Integer))
)
_ALONE = sa.select(sa.func.pg_advisory_xact_lock(_KEYS, sa.bindparam("of_workspace", type_=sa.Integer)))


def hold_vault(session: Session, workspace_id: int) -> Vault:
    """A workspace's vault, right until the caller's transaction ends; for everything that reads or writes secrets.

    Raises KeyFileProblem as vault_of does.
    """
    if dialect_of(session) == "postgresql":
        session.execute(_SHARED, {"of_workspace": workspace_id})
    return vault_of(session, workspace_id)


class Transaction(Protocol):
    """A write transaction that runs queries itself, without a session."""

    @property
    def database(self) -> str:
        """Its name, sqlite or postgresql."""
        ...

    def rows(self, query: sa.Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        """What a query finds."""
        ...


def hold_vault_within(transaction: Transaction, workspace_id: int) -> Vault:
    """What hold_vault() does, for a way whose cost is felt."""
    asked = {"of_workspace": workspace_id}
    if transaction.database == "postgresql":
        transaction.rows(_SHARED, asked)
    return vault_from(transaction.rows(KEYS, asked), workspace_id)


def take_keys(session: Session, workspace_id: int) -> None:
    """Wait until nobody holds this workspace's vault, and let nobody else until the caller's transaction ends."""
    if dialect_of(session) == "postgresql":
        session.execute(_ALONE, {"of_workspace": workspace_id})
