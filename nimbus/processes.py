"""What processes need of the system: ending together, names, passing helpers, and a data directory of their own."""

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from nimbus.errors import NimbusError

Given = TypeVar("Given")
Answer = TypeVar("Answer")

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
# Loaded here and not in the function: that one runs between fork and exec, where little is safe.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM once the parent is gone, even by kill -9; call it in the child. Linux only."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def be_known_as(name: str) -> None:
    """Give this process the name that `top` and `ps -o comm` show; the kernel keeps 15 bytes of it. Linux only."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_NAME, name.encode())


def apart(work: Callable[[Given], Answer], given: Given) -> Answer:
    """The answer of work(given), or what it raises, from a process that ends with it: what it loads goes with it too.

    Everything that passes between the two is pickled. NimbusError when the process is killed.
    """
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("fork"), initializer=_be_apart) as process:
            return process.submit(work, given).result()
    except BrokenProcessPool:
        raise NimbusError("A process that prepared the start was killed. Start NimbusOS again.") from None


def _be_apart() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both, and the other one decides
    die_with_parent()


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
