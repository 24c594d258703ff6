"""Reading a Maildir from disk: a record of what arrived that no mail client had a hand in."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path


def read_maildir(directory: Path) -> list[EmailMessage]:
    """The folder's messages, oldest first; none if the folder does not exist."""
    while True:
        files = [file for part in ("new", "cur") for file in (directory / part).glob("*")]
        try:
            contents = [file.read_bytes() for file in sorted(files, key=_delivered)]
        except FileNotFoundError:
            continue  # a mail client has just marked or removed a message, which renames its file
        return [email.message_from_bytes(content, policy=email.policy.default) for content in contents]


def _delivered(file: Path) -> list[int]:
    """Seconds and microseconds, as Dovecot begins a file's name with them: 1700000000.M42P7.host."""
    return [int(number) for number in re.findall(r"\d+", file.name)[:2]]
