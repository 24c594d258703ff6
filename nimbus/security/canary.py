"""The canary: a known text that the database keeps sealed by the instance key it belongs to.

It tells a wrong key file at start, before anything is read or written with it, and its key id says which instance
key wraps: a rotation changes both in the commit that wraps the workspaces' keys again.
"""

from typing import NamedTuple

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from nimbus.database import dialect_of, insert_or
from nimbus.models.instance import KEY_CANARY, InstanceFact
from nimbus.security.instance_keys import InstanceKey, KeyFileProblem, KeyRing, key_ring

_TEXT = b"NimbusOS canary"
FIND_CANARY = sa.select(InstanceFact.value).where(InstanceFact.name == KEY_CANARY)


class Canary(NamedTuple):
    """The canary as it is stored: the id of its key, and the sealed text."""

    key_id: str
    sealed: str

    @classmethod
    def parse(cls, value: str) -> "Canary":
        """Read what `str(canary)` wrote."""
        key_id, _, sealed = value.partition(":")
        return cls(key_id, sealed)

    @classmethod
    def of(cls, key: InstanceKey) -> "Canary":
        """A new canary, sealed by a key."""
        return cls(key.id, key.wrap(_TEXT))

    def __str__(self) -> str:
        return f"{self.key_id}:{self.sealed}"

    def is_opened_by(self, ring: KeyRing) -> bool:
        """Whether its key is there and opens it."""
        key = ring.find(self.key_id)
        try:
            return key is not None and key.unwrap(self.sealed) == _TEXT
        except InvalidToken:
            return False


def wrapping_key(session: Session, *, to_change: bool = False) -> InstanceKey:
    """The instance key that wraps, which stays so until the caller's transaction ends. Raises KeyFileProblem.

    A database without a canary gets one here, sealed by the key of the file. `to_change`: nobody else may even ask
    meanwhile; for the rotation.
    """
    lock = FIND_CANARY.with_for_update(read=not to_change)
    value = session.scalar(lock)
    if value is None:
        new = {"name": KEY_CANARY, "value": str(Canary.of(key_ring().current()))}
        session.execute(insert_or(InstanceFact, dialect_of(session)).values(new).on_conflict_do_nothing())
        value = session.scalars(lock).one()
    key_id = Canary.parse(value).key_id
    key = key_ring().find(key_id)
    if key is None:
        raise KeyFileProblem(
            f"Neither {key_ring().path} nor a file beside it holds the instance key {key_id} that is needed here."
        )
    return key
