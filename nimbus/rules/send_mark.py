"""The mark that every message of ours carries in X-NimbusOS-Send: which one it is, and a part that nobody can guess.

A provider may give a message another Message-ID; a report that brings the headers back still shows by this whose it is.
"""

import re
from typing import NamedTuple

_MARK = re.compile(r"(\d{1,18})\.([0-9a-f]{32})")
_LOCAL = re.compile(r"<([0-9a-f]{32})@")


class SendMark(NamedTuple):
    """A message of ours by its id, and the random part of the Message-ID that it left with."""

    send_id: int
    seal: str

    def fits(self, message_id: str | None) -> bool:
        """Whether the message with this Message-ID is the one that carried the mark."""
        return _seal_of(message_id or "") == self.seal


def send_mark(send_id: int, message_id: str) -> str:
    """The mark of a message; a Message-ID that is none of ours leaves it without a seal, and then it proves nothing."""
    seal = _seal_of(message_id)
    return f"{send_id}.{seal}" if seal else str(send_id)


def read_mark(value: str) -> SendMark | None:
    """What a mark says; None for anything else."""
    found = _MARK.fullmatch(value.strip())
    return SendMark(int(found[1]), found[2]) if found else None


def _seal_of(message_id: str) -> str:
    found = _LOCAL.match(message_id)
    return found[1] if found else ""
