"""Which real servers this machine has, and what a test does that needs one it has not."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

Server = Literal["mail", "postgres", "browser", "dns"]

DOVECOT = "/usr/sbin/dovecot"
POSTFIX = "/usr/lib/postfix/sbin/master"
CHROMIUM = "/usr/bin/chromium-headless-shell"
NSD, UNBOUND = "/usr/sbin/nsd", "/usr/sbin/unbound"

_INSTALL = "`make test-servers` installs it as root on Debian."


def postgres_programs() -> Path | None:
    """The directory of the newest PostgreSQL's programs, which Debian keeps off the path."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((program.parent for program in found), key=lambda path: float(path.parent.name), default=None)


def _why_no_mail() -> str | None:
    if not (Path(DOVECOT).exists() and Path(POSTFIX).exists() and shutil.which("setpriv")):
        return f"A real mail server (Postfix with Dovecot) is not installed. {_INSTALL}"
    if os.geteuid() != 0:
        return "A real mail server can be started by root only."
    version = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("2.3."):
        return f"The mail server's settings are written for Dovecot 2.3, and this is {version.split(' ')[0]}."
    return None


@cache
def missing() -> dict[str, str]:
    """Each server that the tests cannot use here, with the sentence that says why."""
    reasons = {
        "mail": _why_no_mail(),
        "postgres": None if postgres_programs() else f"PostgreSQL is not installed. {_INSTALL}",
        "dns": None
        if Path(NSD).exists() and Path(UNBOUND).exists()
        else f"The name servers (NSD and Unbound) are not installed. {_INSTALL}",
        "browser": None if Path(CHROMIUM).exists() else f"Chromium is not installed. {_INSTALL}",
    }
    return {server: reason for server, reason in reasons.items() if reason}


def require(server: Server) -> None:
    """Skip the test if the server is missing; fail it where SERVERS=required says that all must be there."""
    reason = missing().get(server)
    if reason is None:
        return
    if os.environ.get("SERVERS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
