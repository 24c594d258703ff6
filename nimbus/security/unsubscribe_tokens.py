"""Tokens of unsubscribe links: who asks, of which workspace, sealed so that an address shows neither.

A token holds all that is needed and names no row, so that it works for as long as the mail that carries it is kept:
after the contact was erased, after keys of workspaces were replaced, and in a restored database. The key is made of
NIMBUS_SECRET_KEY; a link from before that was changed is no longer read.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nimbus.errors import SettingsError
from nimbus.settings import current_settings

_NONCE = 12  # bytes, new for each token
_LONGEST = 600  # characters


class Unsubscriber(NamedTuple):
    """Whose mail a link ends: an address, in one workspace."""

    workspace_id: int
    email: str


def seal_token(who: Unsubscriber) -> str:
    """The last part of an unsubscribe link, of letters, digits, - and _."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = _cipher(_secret()).encrypt(nonce, json.dumps([*who]).encode(), None)
    return urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def open_token(token: str) -> Unsubscriber | None:
    """Whose mail a link ends; None for what is no token of this installation."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        workspace_id, email = json.loads(_cipher(_secret()).decrypt(raw[:_NONCE], raw[_NONCE:], None))
    except (InvalidTag, ValueError):
        return None
    return Unsubscriber(workspace_id, email)


def _secret() -> str:
    if not (secret := current_settings().secret_key):
        raise SettingsError("NIMBUS_SECRET_KEY is not set, and unsubscribe links are sealed with it.")
    return secret


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(sha256(b"unsubscribe links\0" + secret.encode()).digest())
