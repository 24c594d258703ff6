"""Sealing and opening of secrets under a workspace's key.

Fernet has no associated data: on its own, a ciphertext copied into another row would open there. So the
workspace, the row, the field and the key are written into the plaintext and compared when it is opened.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

from nimbus.errors import NimbusError


class CannotOpenSecret(NimbusError):
    """A sealed value does not open here: another key, another row, or damaged."""


class Vault:
    """Seals and opens for one workspace. `keys` maps key id to Fernet key; `current` is the one that seals."""

    def __init__(self, workspace_id: int, keys: Mapping[str, bytes], current: str) -> None:
        self._workspace_id = workspace_id
        self._keys = keys
        self._current = current

    def __repr__(self) -> str:
        return f"<Vault of workspace {self._workspace_id}>"

    def seal(self, secret: str, *, owner: str, field: str) -> str:
        """Encrypt a secret for one field of one row. The result begins with the id of its key."""
        bound = json.dumps([self._workspace_id, owner, field, self._current, secret])
        token = Fernet(self._keys[self._current]).encrypt(bound.encode())
        return f"{self._current}:{token.decode()}"

    def open(self, sealed: str, *, owner: str, field: str) -> str:
        """Decrypt what `seal` made for the same row and field; raises CannotOpenSecret for anything else."""
        key_id, _, token = sealed.partition(":")
        try:
            bound = json.loads(Fernet(self._keys[key_id]).decrypt(token.encode()))
        except (KeyError, InvalidToken, ValueError):
            bound = None
        if bound is None or bound[:4] != [self._workspace_id, owner, field, key_id]:
            raise CannotOpenSecret("A stored password could not be opened with this workspace's key.")
        return str(bound[4])

    def sign(self, text: str, *, purpose: str) -> str:
        """A signature (32 hex digits, 128 bits) that only this workspace's current key makes."""
        message = json.dumps([self._workspace_id, purpose, text]).encode()
        return hmac.new(self._keys[self._current], message, sha256).hexdigest()[:32]
