"""Instance keys: each in a file of its own, never in the database, told apart by an id that gives nothing away.

`NIMBUS_KEY_FILE` names the one in use. A rotation puts the new one beside it as `<name>.next` and keeps the old one
as `<name>.retired-<id>`; which of them wraps is for the database to say (see canary.py).
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app

from nimbus.errors import NimbusError
from nimbus.security.private_files import put_new

_ID_OF = b"NimbusOS instance key\0"  # no other use of SHA-256 over the key gives this id
_RETIRED = ".retired-"


class KeyFileProblem(NimbusError):
    """An instance key file is missing, unreadable, or not one that this database needs."""


class InstanceKey:
    """A key that wraps the keys of workspaces. `id`: 16 hex digits of a SHA-256 over it."""

    def __init__(self, text: bytes) -> None:
        self._fernet = Fernet(text)
        self.id = sha256(_ID_OF + urlsafe_b64decode(text)).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"<InstanceKey {self.id}>"

    def wrap(self, secret: bytes) -> str:
        """Encrypt another key."""
        return self._fernet.encrypt(secret).decode()

    def unwrap(self, wrapped: str) -> bytes:
        """Decrypt what `wrap` made; raises InvalidToken for anything else."""
        return self._fernet.decrypt(wrapped.encode())


class KeyRing:
    """The instance keys of this machine by id. What was read once stays known, whatever happens to its file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[str, InstanceKey] = {}
        self._read()

    def current(self) -> InstanceKey:
        """The key that the file holds now. Raises KeyFileProblem."""
        return load_instance_key(self.path)

    def find(self, key_id: str) -> InstanceKey | None:
        """The key of this id; the files are read again for one that is not known: it may be new."""
        if key_id not in self._keys:
            self._read()
        return self._keys.get(key_id)

    def unwrap(self, wrapped: str, wrapped_by: str | None) -> bytes:
        """The key of a workspace, as stored. Raises KeyFileProblem when no file here opens it.

        `wrapped_by` is None in a database from before keys had ids.
        """
        key = self.find(wrapped_by) if wrapped_by else self.current()
        if key is None:
            raise KeyFileProblem(
                f"Neither {self.path} nor a file beside it holds the instance key {wrapped_by} that is needed here."
            )
        try:
            return key.unwrap(wrapped)
        except InvalidToken:
            raise KeyFileProblem(f"The key in {self.path} does not open this database.") from None

    def _read(self) -> None:
        found = dict(self._keys)
        for path in self._files():
            try:
                key = load_instance_key(path)
            except KeyFileProblem:
                continue
            found[key.id] = key
        self._keys = found

    def _files(self) -> Iterator[Path]:
        # In the direction in which a rotation moves keys, one after the other: none can slip past.
        yield next_path(self.path)
        yield self.path
        yield from retired_paths(self.path)


def ensure_instance_key(path: Path) -> bool:
    """Make the instance key file (0600) unless it is there. Returns whether it was made."""
    return put_new(path, new_key_text())


def load_instance_key(path: Path) -> InstanceKey:
    """Read an instance key. Raises KeyFileProblem, naming the file, when it cannot be used."""
    try:
        return InstanceKey(path.read_bytes().strip())
    except OSError as problem:
        raise KeyFileProblem(f"The key file {path} cannot be read: {problem.strerror}.") from None
    except ValueError:
        raise KeyFileProblem(f"The key file {path} does not hold a key.") from None


def new_key_text() -> bytes:
    """What a new key file holds."""
    return Fernet.generate_key() + b"\n"


def next_path(path: Path) -> Path:
    """Where a rotation puts the key that comes next."""
    return path.with_name(f"{path.name}.next")


def retired_path(path: Path, key_id: str) -> Path:
    """Where a key goes that was replaced."""
    return path.with_name(f"{path.name}{_RETIRED}{key_id}")


def retired_paths(path: Path) -> list[Path]:
    """The files of keys that were replaced."""
    start = f"{path.name}{_RETIRED}"
    try:
        return sorted(each for each in path.parent.iterdir() if each.name.startswith(start))
    except OSError:
        return []


def key_ring() -> KeyRing:
    """The instance keys of the application at hand."""
    ring: KeyRing = current_app.extensions["nimbus.key_ring"]
    return ring
