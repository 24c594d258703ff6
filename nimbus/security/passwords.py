"""Passwords of people: hashed with argon2id, never stored, never compared in the clear."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 1000  # long enough for any pass phrase, short enough to hash

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's first choice, 19 MiB
_nobody = _hasher.hash("a password that nobody has")


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its salt and parameters."""
    return _hasher.hash(password)


def password_matches(password: str, stored_hash: str | None) -> bool:
    """Whether the password belongs to the hash. Without a hash it takes as long and says no."""
    try:
        return _hasher.verify(stored_hash or _nobody, password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False
