"""Reading a mailbox through Gmail's interface: its history since an id, and where that is gone a list (`providers.md` 1.8).

One cursor covers the inbox and the spam folder: labels say where a message lies. What is read anew is read from the oldest
on, so that a look which ends early goes on where it stopped.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from time import monotonic
from typing import Any, NamedTuple

from nimbus.providers.api import fetch
from nimbus.providers.contract import Access, Hosts
from nimbus.providers.errors import GrantRefused
from nimbus.providers.gmail.interface import GMAIL, url
from nimbus.providers.http import Ask
from nimbus.providers.reading import API_PAGE, LOOK_SECONDS, Cursor, Head, Page, RemoteFolder, Window
from nimbus.rules.incoming import BODY_BYTES, HEADER_BYTES, FolderRole
from nimbus.rules.json_values import member, members, text
from nimbus.rules.oauth_answers import GrantEnding

_LABELS = {FolderRole.INBOX: "INBOX", FolderRole.SPAM: "SPAM"}
_RECORDS = "500"
_MOST_PAGES = 20  # of one history or list; the rest is for the next look
_WHOLE_UP_TO = 3_000_000  # bytes; of a longer message the headers and the first words are enough
_OWN = frozenset({"SENT", "DRAFT", "CHAT"})  # what lies nowhere else never came


class _Told(NamedTuple):
    """What a message's headers came with."""

    size: int
    headers: bytes
    snippet: str


class GmailMailbox:
    """One Gmail mailbox."""

    def __init__(self, hosts: Hosts, access: Access) -> None:
        self._way = hosts, GMAIL, access
        self._ends_at = monotonic() + LOOK_SECONDS
        self._told: dict[str, _Told] = {}

    def folders(self) -> Sequence[RemoteFolder]:
        """The two labels that are watched. They are called so in every language."""
        found = {role: self._get(f"labels/{label}") or {} for role, label in _LABELS.items()}
        return [RemoteFolder(_LABELS[role], role, _number(label)) for role, label in found.items()]

    def news(self, cursors: Mapping[FolderRole, Cursor], window: Window) -> Iterator[Page]:
        """What came since the cursor; see OpenMailbox."""
        cursor = cursors[FolderRole.INBOX]
        begun, _, listed_to = (cursor.token or "").partition(":")
        if begun and not listed_to:
            records = self._history(begun)
            if records is not None:
                yield from self._since(cursor, *records)
                return
        yield from self._listed(cursor, begun if listed_to else "", listed_to, window)

    def bodies(self, keys: Sequence[str]) -> dict[str, bytes]:
        """These messages; of one that is very long its headers and first words."""
        found = {key: self._body(key.partition(":")[2], self._told[key]) for key in keys if key in self._told}
        return {key: body for key, body in found.items() if body}

    def _since(self, cursor: Cursor, records: Sequence[Mapping[str, Any]], newest: str) -> Iterator[Page]:
        if not records:
            if newest != cursor.token:
                yield Page(FolderRole.INBOX, (), replace(cursor, token=newest))
            return
        for start in range(0, len(records), API_PAGE):
            some = records[start : start + API_PAGE]
            left = len(records) - start - len(some)
            heads = self._heads(dict(arrived for record in some for arrived in _arrived(record)))
            passed = text(some[-1], "id") if left else newest
            yield Page(FolderRole.INBOX, heads, replace(cursor, token=passed), left)

    def _history(self, start: str) -> tuple[list[Mapping[str, Any]], str] | None:
        """What happened since, and the id that has passed it; None where Gmail does not know that any more."""
        records: list[Mapping[str, Any]] = []
        asked: dict[str, str | Sequence[str]] = {
            "startHistoryId": start,
            "historyTypes": ("messageAdded", "labelAdded"),
            "maxResults": _RECORDS,
        }
        for _ in range(_MOST_PAGES):
            found = self._get("history", asked)
            if found is None:
                return None
            records += [each for each in members(found, "history") if text(each, "id").isdigit()]
            token = text(found, "nextPageToken")
            if not token:
                return records, text(found, "historyId") or start
            asked["pageToken"] = token
        return records, text(records[-1], "id") if records else start

    def _listed(self, cursor: Cursor, begun: str, listed_to: str, window: Window) -> Iterator[Page]:
        """The mailbox anew. What happens meanwhile is told by the history since before the list was made."""
        begun = begun or text(self._get("profile") or {}, "historyId")
        places = self._list(window)
        identities = list(places)
        if listed_to in places:
            identities = identities[identities.index(listed_to) + 1 :]
        for start in range(0, max(len(identities), 1), API_PAGE):
            some = identities[start : start + API_PAGE]
            left = len(identities) - start - len(some)
            passed = f"{begun}:{some[-1]}" if left else begun
            heads = self._heads({identity: places[identity] for identity in some})
            yield Page(FolderRole.INBOX, heads, replace(cursor, token=passed), left, is_first=True)

    def _list(self, window: Window) -> dict[str, FolderRole]:
        """The ids of what lies in the inbox and in spam, the oldest first, with where it lies."""
        since = int(datetime.combine(window.since, time(), UTC).timestamp())
        found: dict[str, FolderRole] = {}
        for role, label in _LABELS.items():
            asked = {
                "labelIds": label,
                "includeSpamTrash": "true",
                "q": f"after:{since}",
                "maxResults": _RECORDS,
            }
            listed: list[str] = []
            for _ in range(_MOST_PAGES):
                page = self._get("messages", asked) or {}
                listed += [identity for each in members(page, "messages") if (identity := text(each, "id"))]
                if not (token := text(page, "nextPageToken")) or (window.most and len(listed) >= window.most):
                    break
                asked["pageToken"] = token
            found |= dict.fromkeys(reversed(listed[: window.most] if window.most else listed), role)
        return found

    def _heads(self, places: Mapping[str, FolderRole]) -> list[Head]:
        self._told = {}
        heads = [self._head(identity, came_to) for identity, came_to in places.items()]
        return [head for head in heads if head is not None]

    def _head(self, identity: str, came_to: FolderRole) -> Head | None:
        """A message's headers; None for what is gone by now. What was filed or archived at once came all the same."""
        found = self._get(f"messages/{identity}", {"format": "metadata"})
        labels = (found or {}).get("labelIds")
        places = set(labels) if isinstance(labels, list) else set()
        role = next((role for role in reversed(_LABELS) if _LABELS[role] in places), None)
        if found is None or (role is None and places & _OWN):
            return None
        named = members(member(found, "payload"), "headers")
        lines = (f"{text(each, 'name')}: {' '.join(text(each, 'value').split())}\r\n" for each in named)
        headers = "".join(lines).encode("utf-8", "replace")[:HEADER_BYTES]
        size, key = found.get("sizeEstimate"), f"gmail:{identity}"
        size = min(size, 2**31 - 1) if isinstance(size, int) and size > 0 else 0
        self._told[key] = _Told(size, headers, text(found, "snippet"))
        return Head(key, role or came_to, size, _moment(text(found, "internalDate")), headers)

    def _body(self, identity: str, told: _Told) -> bytes | None:
        if told.size > _WHOLE_UP_TO:
            return told.headers + b"\r\n" + told.snippet.encode("utf-8", "replace")
        raw = text(self._get(f"messages/{identity}", {"format": "raw"}) or {}, "raw")
        try:
            return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))[:BODY_BYTES]
        except (binascii.Error, ValueError):
            return None

    def _get(
        self, path: str, params: Mapping[str, str | Sequence[str]] | None = None
    ) -> dict[str, Any] | None:
        hosts = self._way[0]
        if monotonic() > self._ends_at:
            raise GrantRefused(GrantEnding.UNAVAILABLE)
        return fetch(*self._way, Ask(url=url(hosts, path), params=params or {}))


def _arrived(record: Mapping[str, Any]) -> Iterator[tuple[str, FolderRole]]:
    """The messages that came with this record, and where to: also those that a filter or a quick hand has put elsewhere."""
    for kind in ("messagesAdded", "labelsAdded"):
        for each in members(record, kind):
            labels = each.get("labelIds") or member(each, "message").get("labelIds")
            places = set(map(str, labels)) if isinstance(labels, list) else set()
            role = next((role for role, label in _LABELS.items() if label in places), None)
            if role is None and kind == "messagesAdded" and not places & _OWN:
                role = FolderRole.INBOX
            if role is not None:
                yield text(member(each, "message"), "id"), role


def _number(label: Mapping[str, Any]) -> int | None:
    count = label.get("messagesTotal")
    return count if isinstance(count, int) and 0 <= count < 2**31 else None


def _moment(milliseconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
