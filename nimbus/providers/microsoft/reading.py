"""Reading a mailbox through Microsoft Graph: what changed in each folder since a link (`providers.md` 2.7).

Links are Graph's own and are sent back as they are, but nowhere else than to Graph: they travel with the token.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from nimbus.providers.api import Interface, fetch, fetch_raw
from nimbus.providers.contract import Access, Hosts
from nimbus.providers.errors import CursorLost, GrantRefused, printable
from nimbus.providers.http import Ask
from nimbus.providers.microsoft.interface import GRAPH, url
from nimbus.providers.reading import API_PAGE, LOOK_SECONDS, Cursor, Head, Page, RemoteFolder, Window
from nimbus.rules.incoming import BODY_BYTES, HEADER_BYTES, FolderRole
from nimbus.rules.json_values import member, members, text
from nimbus.rules.oauth_answers import GrantEnding

_FOLDERS = {FolderRole.INBOX: "inbox", FolderRole.SPAM: "junkemail"}  # called so in every language
_SELECT = "id,internetMessageId,subject,from,receivedDateTime,internetMessageHeaders"
_PREFER = {"Prefer": f'IdType="ImmutableId", odata.maxpagesize={API_PAGE}'}
_MOST_FOLDERS = "100"


class GraphMailbox:
    """One Microsoft mailbox."""

    def __init__(self, hosts: Hosts, access: Access) -> None:
        self._way = hosts, GRAPH, access
        self._ends_at = monotonic() + LOOK_SECONDS

    def folders(self) -> Sequence[RemoteFolder]:
        """The folders as their owner calls them, with how many messages they hold."""
        found = self._get("/mailFolders", {"$top": _MOST_FOLDERS}) or {}
        roles = {text(self._folder(role), "id"): role for role in _FOLDERS}
        return [
            RemoteFolder(printable(text(each, "displayName")), roles.get(text(each, "id")), _count(each))
            for each in members(found, "value")
            if text(each, "displayName")
        ]

    def news(self, cursors: Mapping[FolderRole, Cursor], window: Window) -> Iterator[Page]:
        """What came since the cursors, the junk folder included; see OpenMailbox."""
        for role in _FOLDERS:
            cursor = cursors.get(role)
            if cursor is None or cursor.token is None:
                yield from self._anew(role, window)
                continue
            try:
                yield from self._pages(role, cursor, self._follow(cursor.token), is_first=False)
            except CursorLost:
                yield from self._anew(role, window)

    def bodies(self, keys: Sequence[str]) -> dict[str, bytes]:
        """These messages, their first 256 KiB."""
        found = {key: self._body(key.partition(":")[2]) for key in keys}
        return {key: body for key, body in found.items() if body}

    def _anew(self, role: FolderRole, window: Window) -> Iterator[Page]:
        """A folder from its beginning. Graph tells it in its own order, so it is all of the window or nothing."""
        named = printable(text(self._folder(role), "displayName")) or _FOLDERS[role]
        asked = {"$select": _SELECT, "$filter": f"receivedDateTime ge {window.since:%Y-%m-%d}T00:00:00Z"}
        request = Ask(
            url=self._url(f"/mailFolders/{_FOLDERS[role]}/messages/delta"), params=asked, headers=_PREFER
        )
        try:
            yield from self._pages(role, Cursor(named), request, is_first=True)
        except CursorLost:
            if role is FolderRole.INBOX:
                raise GrantRefused(
                    GrantEnding.UNAVAILABLE
                ) from None  # without a folder for spam it is read all the same

    def _pages(self, role: FolderRole, cursor: Cursor, request: Ask, *, is_first: bool) -> Iterator[Page]:
        while True:
            found = fetch(*self._in_time(), request)
            if found is None:
                raise CursorLost
            following, last = text(found, "@odata.nextLink"), text(found, "@odata.deltaLink")
            heads = [head for each in members(found, "value") if (head := _head(each, role))]
            passed = replace(cursor, token=following or last or None)
            if heads or is_first or passed.token != cursor.token:
                yield Page(role, heads, passed, int(bool(following)), is_first)
            if not following:
                return
            request = self._follow(following)

    def _follow(self, link: str) -> Ask:
        """A link of Graph's; one that leads elsewhere, as after a change of settings, is none."""
        if not link.startswith(f"{self._way[0].ms_graph_base}/"):
            raise CursorLost
        return Ask(url=link, headers=_PREFER)

    def _body(self, identity: str) -> bytes | None:
        request = Ask(url=self._url(f"/messages/{identity}/$value"), headers=_PREFER, cut_at=BODY_BYTES)
        return fetch_raw(*self._in_time(), request)

    def _folder(self, role: FolderRole) -> Mapping[str, Any]:
        return self._get(f"/mailFolders/{_FOLDERS[role]}", {"$select": "id,displayName"}) or {}

    def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        return fetch(*self._in_time(), Ask(url=self._url(path), params=params, headers=_PREFER))

    def _in_time(self) -> tuple[Hosts, Interface, Access]:
        """The way there, while the time for this look is not over."""
        if monotonic() > self._ends_at:
            raise GrantRefused(GrantEnding.UNAVAILABLE)
        return self._way

    def _url(self, path: str) -> str:
        return url(self._way[0], path)


def _head(item: Mapping[str, Any], role: FolderRole) -> Head | None:
    """A message that came; None for one that left, or of which only a flag has changed."""
    identity = text(item, "id")
    if not identity or "@removed" in item or "receivedDateTime" not in item:
        return None
    named = [(text(each, "name"), text(each, "value")) for each in members(item, "internetMessageHeaders")]
    if not named:  # of what never travelled
        sender = text(member(member(item, "from"), "emailAddress"), "address")
        named = [
            ("From", f"<{sender}>"),
            ("Subject", text(item, "subject")),
            ("Message-ID", text(item, "internetMessageId")),
        ]
    lines = (f"{name}: {' '.join(value.split())}\r\n" for name, value in named)
    headers = "".join(lines).encode("utf-8", "replace")[:HEADER_BYTES]
    return Head(f"graph:{identity}", role, 0, _moment(text(item, "receivedDateTime")), headers)


def _count(folder: Mapping[str, Any]) -> int | None:
    count = folder.get("totalItemCount")
    return count if isinstance(count, int) and 0 <= count < 2**31 else None


def _moment(stamp: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
