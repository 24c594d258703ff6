"""Starting real servers as children that never outlive the test run, and claiming ports for them."""

from __future__ import annotations

import grp
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# Below the range that Linux hands to outgoing connections, so that nobody gets our port by accident.
_PORTS = range(15000, 32000)


def unprivileged_user() -> str:
    """Whom to run servers as: they refuse root, and a caller who is not root can only be himself."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def group_of(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def short_directory(prefix: str) -> Path:
    """A temporary directory with a short path: a unix socket's path may have 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    directory.chmod(0o755)
    return directory


def remove_directory(directory: Path) -> None:
    """Remove the tree, again if a dying server still wrote into it."""
    deadline = time.monotonic() + 2
    while directory.exists() and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)


def wait_until(condition: Callable[[], object], *, within: float, what: str) -> None:
    """Return when the condition is true; TimeoutError naming `what` after `within` seconds."""
    deadline = time.monotonic() + within
    looked = time.monotonic()
    while not condition():
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError(f"{what}: not within {within:g} s")
        # What is waited for needs the processor too: a look that takes long is taken less often.
        time.sleep(min(max(0.01, 3 * (now - looked)), 0.05))
        looked = time.monotonic()


class ClaimedPorts:
    """Free TCP ports on loopback, each claimed by holding the UDP port of the same number.

    A server must bind its port itself, so the port cannot be held for it. The UDP socket is the lock
    between several stacks that start at once, and the kernel releases it when the test run dies.
    """

    def __init__(self, count: int) -> None:
        self._locks: list[socket.socket] = []
        self.numbers: list[int] = []
        for port in random.sample(_PORTS, len(_PORTS)):
            if len(self.numbers) == count:
                return
            self._try(port)
        self.release()
        raise RuntimeError("no free ports on loopback")

    def _try(self, port: int) -> None:
        lock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            lock.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
        else:
            self._locks.append(lock)
            self.numbers.append(port)

    def release(self) -> None:
        for lock in self._locks:
            lock.close()


def as_user(user: str, command: Sequence[str]) -> list[str]:
    """The command wrapped to run as `user` if we are root; otherwise as it is."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--reuid", user, "--regid", group_of(user), "--clear-groups", "--", *command]


# What ends a server: its whole process group at once, where nothing of it is worth an orderly end; or the
# server by its own quick way, where it would leave traces in the kernel otherwise.
KILL_ALL = "kill -KILL 0"
INTERRUPT = "kill -INT $!; wait $!"


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    ending: str,
    user: str | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in its own process group, output to `log`, under a shell that ends it when told to or alone.

    The kernel tells the shell when the calling thread ends: call this from one that lives as long as the server
    should, the main one. The server itself could not be told: a change of user, as Postfix makes, forgets the wish.
    """
    guard = f"trap '{ending}' TERM; \"$@\" & wait"
    guarded = ["setpriv", "--pdeathsig", "TERM", "--", "sh", "-c", guard, "guard", *command]
    with log.open("ab") as output:
        return subprocess.Popen(
            guarded if user is None else as_user(user, guarded),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server the way it was started with."""
    process.terminate()
    process.wait(10)
