"""Passwords of people: which may be chosen, hashed with argon2id, never stored, never compared in the clear."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_LENGTH = 8  # characters; with the three below, OWASP ASVS 5.0, 6.2
MAXIMUM_LENGTH = 1024  # long enough for any pass phrase, short enough to hash
GOOD_LENGTH = 15
COMMON = 3_000  # how many of the passwords most in use are refused
COMMON_PASSWORDS = Path(__file__).with_name("common_passwords.txt")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's first choice, 19 MiB
# Nobody's hash, of today's parameters: whether a person is known must not show in the time an answer takes.
_NOBODY = f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p=1${22 * 'A'}${43 * 'A'}"


def why_refused(password: str, own: Iterable[str] = ()) -> str | None:
    """Why somebody may not choose this password, as a sentence; None when they may.

    `own`: what belongs to the person, such as name and address; none of it may be the whole password.
    What it is made of does not matter: only its length, and whether it would be among the first tried.
    """
    if len(password) < MINIMUM_LENGTH:
        return f"Use at least {MINIMUM_LENGTH} characters; {GOOD_LENGTH} are better."
    if len(password) > MAXIMUM_LENGTH:
        return f"Use at most {MAXIMUM_LENGTH:,} characters."
    plain = password.casefold()
    if plain in _common():
        return f"This is one of the {COMMON:,} passwords most in use, which are tried first. Choose another."
    if plain.strip() in {word.casefold().strip() for word in own}:
        return "Your name, address or workspace would be tried first. Choose another password."
    return None


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its salt and parameters."""
    return _hasher.hash(password)


def password_matches(password: str, stored_hash: str | None) -> bool:
    """Whether the password belongs to the hash. Without a hash it takes as long and says no."""
    try:
        return _hasher.verify(stored_hash or _NOBODY, password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's, and so should be made again."""
    return _hasher.check_needs_rehash(stored_hash)


@cache
def _common() -> frozenset[str]:
    lines = COMMON_PASSWORDS.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))
