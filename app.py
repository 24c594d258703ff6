"""What gunicorn and the flask command load."""

import sys

from nimbus import create_app
from nimbus.cli import NAMES
from nimbus.cli.health import doctors_app
from nimbus.cli.sandbox import sandbox_app
from nimbus.errors import NimbusError

# What a database behind the head needs: `flask db upgrade`, a backup before it, or one to begin with.
ON_ANY_SCHEMA = ("db", "backup", "restore")

command = sys.argv[1] if sys.argv[1:] else None
try:
    if command == "doctor":
        app = doctors_app()
    elif command == "sandbox":
        app = sandbox_app()
    else:
        app = create_app(
            check_schema=command not in ON_ANY_SCHEMA,
            check_key=command != "restore",
            pages=command not in NAMES,  # a fifth of what a command of ours would wait for
        )
except NimbusError as problem:
    raise SystemExit(str(problem)) from None
