"""Sealing and opening of secrets under a workspace's key.

Fernet has no associated data: on its own, a ciphertext copied into another row would open there. So the
workspace, the row, the field and the key are written into the plaintext and compared when it is opened.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from json.encoder import (
    encode_basestring_ascii as _quoted,
)  # what json.dumps does with a text, without its detours

from cryptography.fernet import Fernet, InvalidToken

from nimbus.errors import NimbusError


class CannotOpenSecret(NimbusError):
    """A sealed value does not open here: another key, another row, or damaged. The sentence says what to type again."""

    def __init__(
        self,
        sentence: str = (
            "A stored password does not open with this workspace's key. Connect the account again and type it."
        ),
    ) -> None:
        super().__init__(sentence)


class Vault:
    """Seals and opens for one workspace. `keys` maps key id to Fernet key; `current` is the one that seals."""

    def __init__(self, workspace_id: int, keys: Mapping[str, bytes], current: str) -> None:
        self.workspace_id = workspace_id
        self._keys = keys
        self._current = current
        # Made once and not for each value: a rotation of keys opens thousands.
        self._fernets = {key_id: Fernet(key) for key_id, key in keys.items()}

    def __repr__(self) -> str:
        return f"<Vault of workspace {self.workspace_id}>"

    def seal(self, secret: str, *, owner: str, field: str) -> str:
        """Encrypt a secret for one field of one row. The result begins with the id of its key."""
        return self._encrypt(self._binding(owner, field), json.dumps(secret).encode())

    def open(self, sealed: str, *, owner: str, field: str) -> str:
        """Decrypt what `seal` made for the same row and field; raises CannotOpenSecret for anything else."""
        return str(json.loads(self._decrypt(sealed, self._binding(owner, field))))

    def seal_again(self, sealed: str, *, owner: str, field: str) -> str:
        """What `seal` makes of a secret now that another key sealed before; raises CannotOpenSecret as `open` does."""
        binding = self._binding(owner, field)
        return self._encrypt(binding, self._decrypt(sealed, binding))

    def sign(self, text: str, *, purpose: str) -> str:
        """A signature (32 hex digits, 128 bits) that only this workspace's current key makes."""
        message = json.dumps([self.workspace_id, purpose, text]).encode()
        return hmac.new(self._keys[self._current], message, sha256).hexdigest()[:32]

    def _binding(self, owner: str, field: str) -> str:
        """How the plaintext begins: a list in JSON, of which the key's id and the secret follow."""
        return f"[{self.workspace_id}, {_quoted(owner)}, {_quoted(field)}, "

    def _encrypt(self, binding: str, secret: bytes) -> str:
        """The sealed value; `secret` is in JSON."""
        start = f'{binding}"{self._current}", '.encode()
        return f"{self._current}:{self._fernets[self._current].encrypt(start + secret + b']').decode()}"

    def _decrypt(self, sealed: str, binding: str) -> bytes:
        """The secret in JSON; raises CannotOpenSecret unless it was sealed for this row, field and key."""
        key_id, _, token = sealed.partition(":")
        try:
            plain = self._fernets[key_id].decrypt(token)
        except (KeyError, InvalidToken, ValueError):
            raise CannotOpenSecret from None
        start = f'{binding}"{key_id}", '.encode()
        if not plain.startswith(start):
            raise CannotOpenSecret
        return plain[len(start) : -1]
