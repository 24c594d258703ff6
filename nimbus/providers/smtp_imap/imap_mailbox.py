"""Reading a mailbox over IMAP (`providers.md` 3.6): by UID, in pages, headers first, and never past a limit.

A folder whose numbers are as the cursor knows them is not even opened. One whose UIDVALIDITY has changed, or whose UIDs
have gone back, is another folder by the same name: it is read anew.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nimbus.providers.contract import Network, ServerLogin, Unwatched
from nimbus.providers.reading import (
    LOOK_SECONDS,
    MOST_FOLDERS,
    PAGE,
    Cursor,
    Head,
    OpenMailbox,
    Page,
    RemoteFolder,
    Window,
)
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.folders import Folder, SpecialUse, looks_like_inbox, special_folder
from nimbus.providers.smtp_imap.imap import FolderState, ImapSession, open_imap
from nimbus.rules.connection_test import Step
from nimbus.rules.incoming import BODY_BYTES, HEADER_BYTES, FolderRole

# What tells whether a message is about one of ours, and what is shown of one that is not.
HEADERS = (
    "From To Subject Date Message-ID In-Reply-To References Return-Path Content-Type Auto-Submitted Precedence "
    "X-Failed-Recipients X-Autoreply X-Autorespond X-NimbusOS-Send X-NimbusOS-Test X-NimbusOS-Warmup"
)
_HEADER_ITEM = f"BODY.PEEK[HEADER.FIELDS ({HEADERS})]<0.{HEADER_BYTES}>"
_BODY_ITEM = f"BODY.PEEK[]<0.{BODY_BYTES}>"
_COUNTING_SECONDS = 15.0  # for counting what is in the folders
_SPAN = 10_000  # UIDs that one search covers; more where it finds nothing
_NO_UID = 2**32  # all UIDs are smaller
_LARGEST_SIZE = 2**31 - 1


@contextmanager
def open_mailbox(login: ServerLogin, network: Network) -> Iterator[OpenMailbox]:
    """A mailbox over a connection of its own; raises ProviderError at the step that failed."""
    ends_at = time.monotonic() + LOOK_SECONDS
    with open_imap(login, network, Unwatched(), Dialogue()) as session:
        session.attempt.ends_at = ends_at
        yield ImapMailbox(session)


class ImapMailbox:
    """One mailbox, its folders opened for reading only."""

    def __init__(self, session: ImapSession) -> None:
        self._session = session

    def folders(self) -> Sequence[RemoteFolder]:
        """Every folder that can be opened; of those looked at first, how many messages are in it."""
        self._begin(Step.OPEN_FOLDER)
        listed = [folder for folder in self._session.folders() if _can_be_named(folder.name)]
        junk = special_folder(listed, SpecialUse.JUNK)
        inboxes = [folder for folder in listed if looks_like_inbox(folder)]
        first = [*inboxes, *([junk] if junk else []), *listed]
        counted = self._counted(list(dict.fromkeys(first))[:MOST_FOLDERS])
        return [
            RemoteFolder(folder.name, _role(folder, junk, inboxes), counted.get(folder.name))
            for folder in listed
        ]

    def news(self, cursors: Mapping[FolderRole, Cursor], window: Window) -> Iterator[Page]:
        """What came since the cursors; see OpenMailbox."""
        for role, cursor in cursors.items():
            self._begin(Step.FIND_REPLY)
            state = self._session.status(cursor.name)
            if state is not None and _is_unchanged(cursor, state):
                if state.messages != cursor.messages:
                    yield Page(role, (), replace(cursor, messages=state.messages))
                continue
            state = state and self._session.examine(cursor.name)
            if state is not None:
                yield from self._pages(role, cursor, state, window)
            elif role is FolderRole.INBOX:
                self._begin(Step.OPEN_FOLDER)
                self._session.open_folder(cursor.name)  # raises, with the names that there are

    def bodies(self, keys: Sequence[str]) -> dict[str, bytes]:
        """These messages of the folder at hand, their first 256 KiB."""
        by_uid = {int(key.rpartition(":")[2]): key for key in keys}
        self._begin(Step.FIND_REPLY)
        rows = self._fetched(list(by_uid), _BODY_ITEM) if by_uid else {}
        found = {by_uid[uid]: _literal(row) for uid, row in rows.items() if uid in by_uid}
        return {key: body for key, body in found.items() if body}

    def _pages(self, role: FolderRole, cursor: Cursor, state: FolderState, window: Window) -> Iterator[Page]:
        is_first = not _stands(cursor, state)
        begun = Cursor(cursor.name, state.uid_validity, messages=state.messages)
        batches = (
            self._newest(state, window)
            if is_first
            else self._uids_after(cursor.last_uid or 0, state.next_uid)
        )
        for uids, upto in batches:
            for start in range(0, max(len(uids), 1), PAGE):
                some = uids[start : start + PAGE]
                left = len(uids) - start - len(some)
                heads = self._heads(f"{role}:{state.uid_validity}", role, some) if some else ()
                yield Page(role, heads, replace(begun, last_uid=some[-1] if left else upto), left, is_first)

    def _newest(self, state: FolderState, window: Window) -> Iterator[tuple[list[int], int]]:
        self._begin(Step.FIND_REPLY)
        end = state.next_uid or _NO_UID
        uids = [uid for uid in self._session.search("SINCE", window.since) if 0 < uid < end]
        uids = uids[-window.most :] if window.most else uids
        yield uids, max([0, *uids[-1:]]) if state.next_uid is None else end - 1

    def _uids_after(self, last: int, next_uid: int | None) -> Iterator[tuple[list[int], int]]:
        """The UIDs of what came since, and how far each search has looked: no answer is as long as the folder."""
        if next_uid is None:  # a search from here on may give the last message again
            self._begin(Step.FIND_REPLY)
            uids = [uid for uid in self._session.search("UID", f"{last + 1}:*") if last < uid < _NO_UID]
            yield uids, max([last, *uids])
            return
        span = _SPAN
        while last + 1 < next_uid:
            upto = min(last + span, next_uid - 1)
            self._begin(Step.FIND_REPLY)
            uids = [uid for uid in self._session.search("UID", f"{last + 1}:{upto}") if last < uid <= upto]
            if uids or upto == next_uid - 1:
                yield uids, upto
            last, span = upto, _SPAN if uids else span * 8

    def _heads(self, place: str, role: FolderRole, uids: Sequence[int]) -> list[Head]:
        self._begin(Step.FIND_REPLY)
        rows = self._fetched(uids, "RFC822.SIZE", "INTERNALDATE", _HEADER_ITEM)
        heads = {
            uid: Head(f"{place}:{uid}", role, _size(row), _moment(row), _literal(row) or b"")
            for uid, row in rows.items()
        }
        # Deleted in between, of which some servers give an empty shell; or named, and not handed over.
        doubtful = [uid for uid in uids if uid not in heads or not heads[uid].headers]
        there = self._that_exist(doubtful) if doubtful else set()
        gone = set(doubtful) - there
        lacking = {uid: Head(f"{place}:{uid}", role, 0, None, None) for uid in there if uid not in heads}
        return [(heads | lacking)[uid] for uid in uids if uid not in gone]

    def _fetched(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        """These items. A server may refuse all because of one message that it cannot read: then it is asked for each."""
        rows = self._session.fetch(uids, *items)
        if rows is not None:
            return rows
        singly: dict[int, dict[bytes, Any]] = {}
        for uid in uids if len(uids) > 1 else ():
            self._begin(Step.FIND_REPLY)
            singly |= self._session.fetch([uid], *items) or {}
        if len(uids) > 1 and not singly:
            self._session.fail_refused()  # not one message, but the server's moment
        return singly

    def _that_exist(self, uids: Sequence[int]) -> set[int]:
        self._begin(Step.FIND_REPLY)
        self._session.hear_news()
        return set(self._session.search("UID", ",".join(map(str, uids)))) & set(uids)

    def _counted(self, folders: Sequence[Folder]) -> dict[str, int]:
        """How many messages are in these; on a slow server in the first of them."""
        until, counted = time.monotonic() + _COUNTING_SECONDS, dict[str, int]()
        for folder in folders:
            self._begin(Step.OPEN_FOLDER)
            if (state := self._session.status(folder.name)) is not None:
                counted[folder.name] = state.messages
            if time.monotonic() > until:
                break
        return counted

    def _begin(self, step: Step) -> None:
        self._session.attempt.begin(step)
        self._session.renew()


def _stands(cursor: Cursor, state: FolderState) -> bool:
    """Whether the folder is still the one that the cursor was made in."""
    if cursor.last_uid is None or cursor.uid_validity != state.uid_validity:
        return False
    return state.next_uid is None or state.next_uid > cursor.last_uid


def _is_unchanged(cursor: Cursor, state: FolderState) -> bool:
    return _stands(cursor, state) and state.next_uid == (cursor.last_uid or 0) + 1


def _role(folder: Folder, junk: Folder | None, inboxes: Sequence[Folder]) -> FolderRole | None:
    if junk is not None and folder.name == junk.name:
        return FolderRole.SPAM
    return FolderRole.INBOX if folder in inboxes else None


def _can_be_named(name: str) -> bool:
    return not any(ord(char) < 32 or ord(char) == 127 for char in name)


def _size(row: Mapping[bytes, Any]) -> int:
    size = row.get(b"RFC822.SIZE")
    return min(max(size, 0), _LARGEST_SIZE) if isinstance(size, int) else 0


def _moment(row: Mapping[bytes, Any]) -> datetime | None:
    """When the server took it; None for no date, or one that nobody's calendar has."""
    moment = row.get(b"INTERNALDATE")
    try:
        return moment.astimezone(UTC) if isinstance(moment, datetime) else None
    except (ValueError, OverflowError):
        return None


def _literal(row: Mapping[bytes, Any]) -> bytes | None:
    """The one part that was asked for."""
    return next(
        (value for key, value in row.items() if key.startswith(b"BODY[") and isinstance(value, bytes)), None
    )
