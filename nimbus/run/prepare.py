"""What must be there before the first process starts: directories, keys, tables, and the set-up code of a new database."""

import fcntl
import os
import socket
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError

from nimbus import create_app
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.security.workspace_keys import ensure_instance_key
from nimbus.services.set_up import new_setup_code
from nimbus.settings import Settings, ensure_secret_key
from nimbus.settings_kinds import host_and_port


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


def refuse_taken_port(bind: str) -> None:
    """Raise NimbusError when another program listens on the address, or when it is not one of this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            *host_and_port(bind), type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise NimbusError(
            f"NimbusOS cannot listen on {bind}: {error.strerror}. "
            "Stop the program that uses it, or choose another address with NIMBUS_BIND."
        ) from None


def prepare(settings: Settings) -> str | None:
    """Keys, and tables at the head of the migrations; harmless when all is there. Returns the set-up code.

    The code lets the first person in, and is None once there is one. NimbusError when the database is away.
    """
    settings.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ensure_instance_key(settings.key_file)
    app = create_app(ensure_secret_key(settings), check_schema=False)
    try:
        with app.app_context():
            upgrade()
            code = new_setup_code()
            db.engine.dispose()
    except OperationalError as error:
        raise NimbusError(f"The database cannot be used: {error.orig}") from None
    return code
