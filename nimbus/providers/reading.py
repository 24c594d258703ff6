"""What services hand to a mailbox that they read, and get back: cursors, pages of what is new, and messages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from nimbus.rules.incoming import FolderRole

PAGE = 100  # messages whose headers are asked for at once
API_PAGE = 25  # where each costs calls of its own: a page is kept before anybody could think its reader dead
LOOK_SECONDS = 100.0  # for all that one look asks; whoever takes longer is left, and goes on another time
MOST_FOLDERS = 40  # whose messages are counted; more are only named


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder as the mailbox lists it. `role`: what it looks like; `messages`: None where nobody has counted."""

    name: str
    role: FolderRole | None = None
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read. Without `last_uid` (IMAP) or `token` (an API) it never was, or has to be read anew."""

    name: str
    uid_validity: int | None = None
    last_uid: int | None = None
    token: str | None = None
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What is read of a folder without a cursor: mail since a day, and only the newest `most` (None: all of it)."""

    since: date
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A message before its body is asked for. `key` names it in its mailbox, for ever.

    received_at: None where the mailbox does not say; headers: None where it names a message that it does not give.
    """

    key: str
    role: FolderRole
    size: int
    received_at: datetime | None
    headers: bytes | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages, and the cursor that has passed them. `left`: what is known to follow; `is_first`: no cursor stood."""

    role: FolderRole
    heads: Sequence[Head]
    cursor: Cursor
    left: int = 0
    is_first: bool = False


class OpenMailbox(Protocol):
    """A mailbox that stands open for reading. Nothing in it is marked or moved."""

    def folders(self) -> Sequence[RemoteFolder]:
        """Every folder, those counted that are not too many."""
        ...

    def news(self, cursors: Mapping[FolderRole, Cursor], window: Window) -> Iterator[Page]:
        """What came since the cursors, in pages, the oldest first; nothing where nothing has changed.

        A folder for spam that is gone is left out. Raises ProviderError, or GrantRefused from an API.
        """
        ...

    def bodies(self, keys: Sequence[str]) -> dict[str, bytes]:
        """These messages of the last page, each cut off where the product reads no further; what is gone is left out."""
        ...


OpensMailbox = Callable[[], AbstractContextManager[OpenMailbox]]
