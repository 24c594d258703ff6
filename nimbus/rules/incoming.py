"""What comes back to an inbox: where it lay, how far it was read, and how much of it is ever kept."""

from datetime import timedelta
from enum import StrEnum


class FolderRole(StrEnum):
    """Why a folder is watched."""

    INBOX = "inbox"
    SPAM = "spam"


class IncomingState(StrEnum):
    """How far a message was read."""

    NEW = "new"  # fetched, and waits to be read
    PARSED = "parsed"
    POISON = "poison"  # it could not be read in three tries, and is set aside


MOST_TRIES = 3  # `reliability.md` 5.1
READ_LEASE = timedelta(minutes=5)  # a worker that died while it read is believed dead after that
BODY_BYTES = 256 * 1024  # of a message, headers included; the rest stays where it is
HEADER_BYTES = 32 * 1024
TEXT_KEPT = 64 * 1024  # characters of a message's words, and of its HTML
LINE_KEPT = 500  # characters of a subject or an address
IDS_KEPT = 20  # of References: the newest, and the first of the thread
