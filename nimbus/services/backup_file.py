"""The file that a backup is: three lines that say how it is sealed, then chunks that open whole and in order or not at all.

    NimbusOS backup 1
    {"encryption": "scrypt", "salt": …, "check": …}   or   {"encryption": "none"}
    SHA-256 of the two lines above, in hex

Each chunk is its length (4 bytes, the top bit marks the last one) and its sealed bytes. The chunk's place and the
three lines are sealed along with it, so that nothing can be changed, moved, cut off or added.
"""

import gzip
import hmac
import io
import json
import os
import struct
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nimbus.errors import NimbusError
from nimbus.security.private_files import sync_directory

MAGIC = b"NimbusOS backup 1\n"
CHUNK_BYTES = 256 * 1024
_LAST = 1 << 31
# OWASP's password storage cheat sheet: 2^17, 8, 1, which takes 128 MiB and half a second.
_SCRYPT = {"n": 2**17, "r": 8, "p": 1, "length": 64}


class NotABackup(NimbusError):
    """The file is not a backup, or not one that this version reads."""


class DamagedBackup(NimbusError):
    """The file began as a backup and was changed or cut since."""


class WrongPassphrase(NimbusError):
    """The backup is encrypted under another passphrase."""


class Seal(Protocol):
    """How the chunks of one file are kept whole. `place` is the same 12 bytes on both sides, and never used twice."""

    def close(self, place: bytes, chunk: bytes) -> bytes: ...

    def open(self, place: bytes, sealed: bytes) -> bytes | None: ...


class Digest:
    """Without a passphrase: a SHA-256 behind each chunk. It finds damage and keeps nobody out."""

    def __init__(self, header: bytes) -> None:
        self._header = header

    def close(self, place: bytes, chunk: bytes) -> bytes:
        return chunk + sha256(self._header + place + chunk).digest()

    def open(self, place: bytes, sealed: bytes) -> bytes | None:
        chunk = sealed[:-32]
        return chunk if self.close(place, chunk) == sealed else None


class Cipher:
    """With a passphrase: AES-256-GCM. The place is the nonce: a key serves one file, made with a salt of its own."""

    def __init__(self, header: bytes, key: bytes) -> None:
        self._header = header
        self._cipher = AESGCM(key)

    def close(self, place: bytes, chunk: bytes) -> bytes:
        return self._cipher.encrypt(place, chunk, self._header)

    def open(self, place: bytes, sealed: bytes) -> bytes | None:
        try:
            return self._cipher.decrypt(place, sealed, self._header)
        except InvalidTag:
            return None


@contextmanager
def new_backup_file(path: Path, passphrase: str | None) -> Iterator[IO[bytes]]:
    """A stream into a new backup, mode 0600. The file appears under its name once it is whole and on the disk."""
    header, seal = _new_header(passphrase)
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header)
            chunks = _Writer(file, seal)
            with gzip.GzipFile(fileobj=chunks, mode="wb", compresslevel=6) as stream:
                yield cast("IO[bytes]", stream)
            chunks.finish()
            file.flush()
            os.fsync(file.fileno())
        Path(written).replace(path)
        sync_directory(path.parent)
    finally:
        Path(written).unlink(missing_ok=True)


@contextmanager
def opened_backup_file(path: Path, passphrase: str | None) -> Iterator[IO[bytes]]:
    """A stream out of a backup. NotABackup, WrongPassphrase, or DamagedBackup as soon as a chunk does not open."""
    with path.open("rb") as file:
        header, encryption = _read_header(file)
        seal = _seal_of(header, encryption, passphrase)
        reader = io.BufferedReader(_Reader(file, seal))
        with gzip.GzipFile(fileobj=reader, mode="rb") as stream:
            yield cast("IO[bytes]", stream)


def is_encrypted(path: Path) -> bool:
    """Whether a backup needs a passphrase; raises as opened_backup_file does."""
    with path.open("rb") as file:
        return bool(_read_header(file)[1]["encryption"] != "none")


def _new_header(passphrase: str | None) -> tuple[bytes, Seal]:
    if passphrase is None:
        header = _header({"encryption": "none"})
        return header, Digest(header)
    salt = os.urandom(16)
    key, check = _derive(passphrase, salt)
    header = _header({"encryption": "scrypt", "salt": salt.hex(), "check": check.hex()})
    return header, Cipher(header, key)


def _header(encryption: dict[str, str]) -> bytes:
    lines = MAGIC + json.dumps(encryption).encode() + b"\n"
    return lines + sha256(lines).hexdigest().encode() + b"\n"


def _read_header(file: IO[bytes]) -> tuple[bytes, dict[str, str]]:
    magic, line, digest = (file.readline(1024) for _ in range(3))
    if magic != MAGIC:
        newer = " It was made by a newer version." if magic.startswith(b"NimbusOS backup ") else ""
        raise NotABackup(f"{file.name} is not a backup that this version of NimbusOS reads.{newer}")
    if digest.strip() != sha256(magic + line).hexdigest().encode():
        raise DamagedBackup(f"{file.name} is damaged at its beginning. Use another copy.")
    encryption: dict[str, str] = json.loads(line)
    return magic + line + digest, encryption


def _seal_of(header: bytes, encryption: dict[str, str], passphrase: str | None) -> Seal:
    if encryption["encryption"] == "none":
        return Digest(header)
    if passphrase is None:
        raise WrongPassphrase("This backup is encrypted: it opens with its passphrase only.")
    key, check = _derive(passphrase, bytes.fromhex(encryption["salt"]))
    if not hmac.compare_digest(check, bytes.fromhex(encryption["check"])):
        raise WrongPassphrase("This is not the passphrase that the backup was made with.")
    return Cipher(header, key)


def _derive(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    """The key, and a value by which a wrong passphrase is told from a damaged file."""
    typed = unicodedata.normalize("NFC", passphrase).encode()  # keyboards differ in how they spell an accent
    derived = Scrypt(salt=salt, **_SCRYPT).derive(typed)
    return derived[:32], derived[32:]


def _place(number: int, marked_length: int) -> bytes:
    return struct.pack(">QI", number, marked_length & _LAST)


class _Writer(io.RawIOBase):
    """Cuts what is written into sealed chunks."""

    def __init__(self, file: IO[bytes], seal: Seal) -> None:
        self._file = file
        self._seal = seal
        self._held = bytearray()
        self._number = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override] # gzip hands over nothing else
        self._held += data
        while len(self._held) > CHUNK_BYTES:
            self._put(bytes(self._held[:CHUNK_BYTES]))
            del self._held[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write what is left as the last chunk."""
        self._put(bytes(self._held), last=True)

    def _put(self, chunk: bytes, *, last: bool = False) -> None:
        mark = _LAST if last else 0
        sealed = self._seal.close(_place(self._number, mark), chunk)
        self._file.write(struct.pack(">I", len(sealed) | mark) + sealed)
        self._number += 1


class _Reader(io.RawIOBase):
    """Hands out what the chunks hold, in order."""

    def __init__(self, file: IO[bytes], seal: Seal) -> None:
        self._file = file
        self._seal = seal
        self._held = b""
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override] # what BufferedReader hands over
        while not self._held and not self._ended:
            self._next()
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size

    def _next(self) -> None:
        mark = self._file.read(4)
        if len(mark) < 4:
            raise self._damaged("ends too early")
        (marked_length,) = struct.unpack(">I", mark)
        length = marked_length & ~_LAST
        # A damaged length must not make us read gigabytes; what seals adds 32 bytes at most.
        sealed = self._file.read(min(length, CHUNK_BYTES + 33))
        chunk = self._seal.open(_place(self._number, marked_length), sealed)
        if chunk is None or len(sealed) != length:
            raise self._damaged("was changed or cut")
        self._held, self._number = chunk, self._number + 1
        self._ended = bool(marked_length & _LAST)
        if self._ended and self._file.read(1):
            raise self._damaged("goes on after its end")

    def _damaged(self, how: str) -> DamagedBackup:
        where = f"{how} in part {self._number + 1}"
        return DamagedBackup(f"{self._file.name} is damaged: it {where}. Use another copy.")
