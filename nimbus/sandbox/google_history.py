"""history.list: what happened in a mailbox since an id (`providers.md` 1.8)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from nimbus.sandbox.google_errors import ApiRefused
from nimbus.sandbox.google_messages import reference
from nimbus.sandbox.world import Change, Mailbox

HISTORY_LASTS = timedelta(days=7)
_NAMES = {  # kind of a change: its historyTypes, the key of its records
    "added": ("messageAdded", "messagesAdded"),
    "deleted": ("messageDeleted", "messagesDeleted"),
    "labelled": ("labelAdded", "labelsAdded"),
    "unlabelled": ("labelRemoved", "labelsRemoved"),
}


def history(
    mailbox: Mailbox, *, start: str, types: Collection[str], label: str, page: tuple[int, str], now: datetime
) -> dict[str, Any]:
    """One page of records after `start`; raises ApiRefused notFound when the past does not reach back so far.

    `page` is how many at most, and the token of the page before.
    """
    _check(mailbox, start, now)
    size, token = page
    after = max(int(start), int(token) if token.isdigit() else 0)
    fitting = [
        change
        for change in mailbox.changes
        if change.id > after
        and (not types or _NAMES[change.kind][0] in types)
        and (not label or label in change.message.labels.union(change.labels))
    ]
    body: dict[str, Any] = {"historyId": str(mailbox.history_id)}
    if fitting:
        body["history"] = [_record(change) for change in fitting[:size]]
    if len(fitting) > size:
        body["nextPageToken"] = str(fitting[size - 1].id)
    return body


def _check(mailbox: Mailbox, start: str, now: datetime) -> None:
    if not start.isdigit():
        raise ApiRefused("invalidArgument", "Invalid value for startHistoryId")
    if mailbox.faults.take("history_gone"):
        mailbox.history_id += 1
        mailbox.forgotten_id = mailbox.history_id
    dropped = (change.id for change in reversed(mailbox.changes) if change.at < now - HISTORY_LASTS)
    floor = max(mailbox.forgotten_id, next(dropped, 0))
    if int(start) < floor or int(start) > mailbox.history_id:
        raise ApiRefused("notFound")


def _record(change: Change) -> dict[str, Any]:
    named = reference(change.message)
    told: dict[str, Any] = {"message": dict(named)}
    if change.kind == "added":
        told["message"]["labelIds"] = list(change.labels)
    elif change.kind != "deleted":
        told["message"]["labelIds"] = sorted(change.message.labels)
        told["labelIds"] = list(change.labels)
    return {"id": str(change.id), "messages": [named], _NAMES[change.kind][1]: [told]}
