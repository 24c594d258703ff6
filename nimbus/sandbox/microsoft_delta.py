"""What changed in a folder since a link was given out (`providers.md` 2.7)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_folders import contents, find_folder, folder_id
from nimbus.sandbox.microsoft_graph import Call, needs, part, the_call
from nimbus.sandbox.microsoft_query import read_filter, whole_number
from nimbus.sandbox.microsoft_shapes import etag, item_id, known_as, shape
from nimbus.sandbox.microsoft_state import Sync
from nimbus.sandbox.world import Stored

delta = part("delta")
PAGE = 10
_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\w+)")
_LATEST = 5000  # messages that a filtered sync covers at most
_REMEMBERED = 2000  # links; the oldest are forgotten first, and answered with 410
NEW, READ, GONE, MOVED = "new", "read", "deleted", "changed"


@delta.get("/me/mailFolders/<folder>/messages/delta")
@delta.get("/me/mailFolders('<folder>')/messages/delta")
@needs("Mail.Read", "Mail.ReadWrite")
def changes(folder: str) -> ResponseReturnValue:
    """A page of what happened; the first call tells the whole folder as new."""
    call = the_call()
    with call.world.lock:
        if call.mailbox.faults.take("history_gone", "api"):
            _forget(call)
        sync = _sync(call, find_folder(call.mailbox, folder))
        size = _page_size()
        told = sync.entries[sync.position : sync.position + size]
        position = sync.position + size
        page: dict[str, Any] = {
            "@odata.context": f"{request.root_url}v1.0/$metadata#Collection(message)",
            "value": [_entry(call, sync, each) for each in told],
        }
        if position < len(sync.entries):
            page["@odata.nextLink"] = _link(call, replace(sync, position=position), "$skiptoken")
        else:
            page["@odata.deltaLink"] = _link(call, replace(sync, entries=(), position=0), "$deltatoken")
    return jsonify(page)


def _sync(call: Call, name: str) -> Sync:
    """What the request's token stands for, or a new sync of the whole folder."""
    token = request.args.get("$skiptoken") or request.args.get("$deltatoken")
    if token is None:
        return _begin(call, name)
    sync = call.microsoft.syncs.get(token)
    if sync is None or (sync.address, sync.folder) != (call.mailbox.address, name):
        raise GraphRefused("SyncStateNotFound", headers={"Location": f"{request.base_url}?$deltatoken="})
    return _since(call, sync) if "$deltatoken" in request.args else sync


def _begin(call: Call, name: str) -> Sync:
    chosen, ordered = request.args.get("$filter", ""), request.args.get("$orderby", "receivedDateTime desc")
    names, _ = read_filter(chosen)
    if set(names) - {"receivedDateTime"} or ordered != "receivedDateTime desc":
        raise GraphRefused(
            "ErrorInvalidUrlQuery", "A sync is filtered and ordered by receivedDateTime alone."
        )
    sync = Sync(call.mailbox.address, name, request.args.get("$select", ""), chosen)
    lying = _lying(call, sync)
    return replace(sync, known=_known(lying), entries=_told(call, [(stored, NEW) for stored in lying]))


def _since(call: Call, sync: Sync) -> Sync:
    """What happened since the folder was as the token knows it."""
    lying = _lying(call, sync)
    there = {stored.id for stored in lying}
    entries: list[tuple[Stored | str, str]] = []
    for stored in reversed(lying):
        if stored.id not in sync.known:
            entries.append((stored, NEW))
        elif sync.known[stored.id] != _is_read(stored):
            entries.append((stored, READ))
    gone = [identity for identity in sync.known if identity not in there]
    entries += [(identity, MOVED if call.mailbox.find(identity) else GONE) for identity in gone]
    return replace(sync, known=_known(lying), entries=_told(call, entries), position=0)


def _lying(call: Call, sync: Sync) -> list[Stored]:
    names, test = read_filter(sync.chosen)
    lying = [stored for stored in contents(call.mailbox, sync.folder) if test(stored)]
    return lying[:_LATEST] if names else lying


def _known(lying: list[Stored]) -> dict[str, bool]:
    return {stored.id: _is_read(stored) for stored in lying}


def _told(call: Call, entries: Sequence[tuple[Stored | str, str]]) -> tuple[tuple[Stored | str, str], ...]:
    """What is to be told; the first of it again at the end where that is switched on, as may happen at any time."""
    again = entries[:1] if call.mailbox.faults.get("repeated_items") else ()
    return (*entries, *again)


def _entry(call: Call, sync: Sync, entry: tuple[Stored | str, str]) -> dict[str, Any]:
    """One item: a message, what changed of it, or that it is no longer here."""
    what, became = entry
    if isinstance(what, str):
        identity = known_as(call, what, sync.folder)
        return {"@odata.type": "#microsoft.graph.message", "id": identity, "@removed": {"reason": became}}
    if became == READ:
        return {"@odata.etag": etag(what), "id": item_id(call, what), "isRead": _is_read(what)}
    return shape(call, what, sync.select)


def _is_read(stored: Stored) -> bool:
    return "UNREAD" not in stored.labels


def _page_size() -> int:
    wish = _PAGE_SIZE.search(",".join(request.headers.getlist("Prefer")))
    return whole_number(wish[1] if wish else None, PAGE) or PAGE


def _link(call: Call, sync: Sync, name: str) -> str:
    """Where the next page, or what happens from now on, can be asked for."""
    syncs, token = call.microsoft.syncs, secrets.token_urlsafe(48)
    syncs[token] = sync
    while len(syncs) > _REMEMBERED:
        del syncs[next(iter(syncs))]
    folder = folder_id(call.mailbox, sync.folder)
    return f"{request.root_url}v1.0/me/mailFolders('{folder}')/messages/delta?{name}={token}"


def _forget(call: Call) -> None:
    syncs = call.microsoft.syncs
    for token in [token for token, sync in syncs.items() if sync.address == call.mailbox.address]:
        del syncs[token]
