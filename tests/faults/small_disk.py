"""A disk of its own for a world's data, which somebody else can fill. Needs root, for it is mounted."""

import errno
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self


class SmallDisk:
    """Lies over a directory from `mount` to the end of the `with`; what was in the directory is on it."""

    MEGABYTES = 160

    def __init__(self) -> None:
        self._directory: Path | None = None

    def mount(self, directory: Path, *, owner: str = "root") -> None:
        """Put the disk over a directory without anything in it, or where there is none yet; once."""
        if self._directory is None:
            directory.mkdir(exist_ok=True)
            size = f"size={self.MEGABYTES}m,mode=0700"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", directory], check=True)
            shutil.chown(directory, owner)
            self._directory = directory

    def fill(self) -> None:
        """Leave not one byte."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while ballast.write(b"\0" * size):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        """Take away what filled it."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        assert self._directory is not None
        return self._directory / "ballast"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directory:
            subprocess.run(["umount", "--lazy", self._directory], check=True)
            self._directory.rmdir()
            self._directory.parent.rmdir()


def can_mount() -> bool:
    """Whether this process may mount a disk, as root on a machine of its own may."""
    return os.geteuid() == 0 and Path("/bin/mount").exists()
