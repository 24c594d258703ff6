"""What processes need of the system: ending together, and being the only one at work on a data directory."""

import ctypes
import fcntl
import os
import signal
import sys
from pathlib import Path

from nimbus.errors import NimbusError

_PR_SET_PDEATHSIG = 1
# Loaded here and not in the function: that one runs between fork and exec, where little is safe.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM once the parent is gone, even by kill -9; call it in the child. Linux only."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def hold_data_directory(data_dir: Path) -> int:
    """Make the data directory and lock it for this process; the lock lasts as long as the returned descriptor."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(data_dir / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NimbusError(
            f"NimbusOS is already running on {data_dir}. Stop it first, or set NIMBUS_DATA_DIR to another directory."
        ) from None
    return lock
