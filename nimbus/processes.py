"""The little that the standard library does not say about child processes."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded here and not in the function: that one runs between fork and exec, where little is safe.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM once the parent is gone, even by kill -9; call it in the child. Linux only."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
