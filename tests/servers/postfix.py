"""The directories that Postfix needs under a queue of its own."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

_QUEUES = (
    "active",
    "bounce",
    "corrupt",
    "defer",
    "deferred",
    "flush",
    "hold",
    "incoming",
    "private",
    "saved",
    "trace",
)


def make_queues(directory: Path) -> None:
    """Make `spool` and `data`; Postfix would do it itself in `postfix check`, which takes two seconds."""
    owner, group = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    spool = directory / "spool"
    (spool / "pid").mkdir(parents=True)
    for name in _QUEUES:
        (spool / name).mkdir(mode=0o700)
        os.chown(spool / name, owner, -1)
    # These two are open to the programs that hand mail in, and only to them.
    for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
        (spool / name).mkdir()
        os.chown(spool / name, owner, group)
        (spool / name).chmod(mode)
    (directory / "data").mkdir()
    os.chown(directory / "data", owner, -1)
