"""Files that only this user reads, and that are whole or not there at all."""

import os
import tempfile
from pathlib import Path


def put_new(path: Path, text: bytes) -> bool:
    """Write a file (0600) that appears at once and only where there is none. Returns whether it was written.

    Its directory is made where it is missing (0700). Safe against a power cut and against others who do the same.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return False
    handle, written = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        _fill(handle, text)
        os.link(written, path)
    except FileExistsError:
        return False
    finally:
        Path(written).unlink()
    sync_directory(path.parent)
    return True


def put(path: Path, text: bytes) -> None:
    """Write a file (0600) in place of any that is there. One writer at a time: a killed one leaves `<name>.partial`."""
    partial = path.with_name(f"{path.name}.partial")
    _fill(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), text)
    partial.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory survive a power cut."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _fill(handle: int, text: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
