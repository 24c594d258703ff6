"""What gunicorn and the flask command load."""

import sys

from nimbus import create_app
from nimbus.errors import NimbusError

try:
    # `flask db upgrade` is what a database behind the head needs, so it must load before that is done.
    app = create_app(check_schema=sys.argv[1:2] != ["db"])
except NimbusError as problem:
    raise SystemExit(str(problem)) from None
