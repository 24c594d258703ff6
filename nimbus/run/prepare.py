"""What must be there before the first process starts: keys, tables, and the set-up code of a new database."""

import socket
from typing import NamedTuple

from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError

from nimbus import create_app
from nimbus.database import read_only_reason
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.security.instance_keys import ensure_instance_key
from nimbus.services.instance_keys import finish_rotation
from nimbus.services.instance_state import adopt_key, refuse_old_schema
from nimbus.services.set_up import new_setup_code
from nimbus.settings import Settings, ensure_secret_key
from nimbus.settings_kinds import host_and_port


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


class Prepared(NamedTuple):
    """The set-up code of a database that nobody can sign in to yet, and why the product only reads, if it does."""

    setup_code: str | None = None
    problem: str | None = None


def prepare(settings: Settings) -> Prepared:
    """Keys, and tables at the head of the migrations; harmless when all is there.

    Where the key file does not fit the database, nothing is made and nothing is changed. NimbusError when the
    database is away, or behind this version and not to be migrated with this key file.
    """
    try:
        app = create_app(ensure_secret_key(settings), check_schema=False)
        with app.app_context():
            if problem := read_only_reason():
                refuse_old_schema()
                return Prepared(problem=problem)
            ensure_instance_key(settings.key_file)
            upgrade()
            adopt_key()
            finish_rotation()
            code = new_setup_code()
            db.engine.dispose()
    except OperationalError as error:
        raise NimbusError(f"The database cannot be used: {error.orig}") from None
    return Prepared(setup_code=code)
