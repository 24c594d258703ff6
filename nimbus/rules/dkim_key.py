"""Reading a DKIM key record (RFC 6376, 8463): the kind of key, its strength, and whether it was revoked."""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum

from nimbus.rules.dns_answers import tags_of

_ED25519_BYTES = 32
_LONG_FORM = 0x80
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03


class KeyProblem(StrEnum):
    """Why a record is of no use for signing mail."""

    REVOKED = "revoked"
    UNREADABLE = "unreadable"
    OTHER_USE = "other_use"  # not for mail, or not for SHA-256


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key, or why it is none. `bits` is the modulus of an RSA key; Ed25519 has 256."""

    kind: str = "rsa"
    bits: int = 0
    problem: KeyProblem | None = None
    is_test: bool = False


def read_key(text: str) -> DkimKey | None:
    """The key in a TXT record; None for a record that is about something else, as wildcards answer."""
    tags = tags_of(text)
    if tags is None or "p" not in dict(tags):
        return None
    given = dict(tags)
    if given.get("v", "DKIM1") != "DKIM1" or ("v" in given and tags[0][0] != "v"):
        return None
    kind = given.get("k", "rsa").lower()
    if not given["p"]:
        return DkimKey(kind, problem=KeyProblem.REVOKED)
    if not _may_sign_mail(given):
        return DkimKey(kind, problem=KeyProblem.OTHER_USE)
    bits = _bits(kind, given["p"])
    if bits is None:
        return DkimKey(kind, problem=KeyProblem.UNREADABLE)
    return DkimKey(kind, bits, is_test="y" in _listed(given.get("t", "")))


def _may_sign_mail(tags: dict[str, str]) -> bool:
    services, hashes = _listed(tags.get("s", "*")), _listed(tags.get("h", "sha256"))
    return bool({"*", "email"} & set(services)) and "sha256" in hashes


def _listed(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(":")]


def _bits(kind: str, text: str) -> int | None:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
        if kind == "ed25519":
            return len(data) * 8 if len(data) == _ED25519_BYTES else None
        return _modulus_bits(data) if kind == "rsa" else None
    except (binascii.Error, ValueError, IndexError):
        return None


def _modulus_bits(data: bytes) -> int:
    """The length of an RSA key's modulus, in either of its two DER forms; ValueError for anything else."""
    outer = _inside(data, _SEQUENCE)
    if outer[0] == _SEQUENCE:  # the algorithm's name, and the key within a bit string
        _, rest = _next(outer, _SEQUENCE)
        key = _inside(rest, _BIT_STRING)
        outer = _inside(key[1:], _SEQUENCE)
    modulus, rest = _next(outer, _INTEGER)
    _next(rest, _INTEGER)
    return int.from_bytes(modulus, "big").bit_length()


def _inside(data: bytes, tag: int) -> bytes:
    return _next(data, tag)[0]


def _next(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first DER element, which must have this tag, and what follows it."""
    if data[0] != tag:
        raise ValueError("another kind of element")
    length, start = data[1], 2
    if length & _LONG_FORM:
        start += length & ~_LONG_FORM
        length = int.from_bytes(data[2:start], "big")
    if not 0 < length <= len(data) - start:
        raise ValueError("cut short")
    return data[start : start + length], data[start + length :]
