"""Sending through Microsoft Graph as MIME, so that every header survives (`providers.md` 2.5), and finding it again."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nimbus.providers.api import ApiSender, Way, fetch
from nimbus.providers.contract import Accepted, Access, Hosts, OpenSender
from nimbus.providers.http import Answer, Ask
from nimbus.providers.message import SEND_HEADER
from nimbus.providers.microsoft.interface import GRAPH, KEPT_IDS, url
from nimbus.rules.json_values import members, text

MOST_BYTES = 3 * 1024 * 1024  # of a message; in base64 that is the 4 MB which a request may have
_ACCEPTED = 202
_LOOKED_AT = 50


@contextmanager
def open_sender(hosts: Hosts, access: Access, now: Callable[[], datetime]) -> Iterator[OpenSender]:
    """A way out for one Microsoft mailbox; `now` tells how far away the moment is that a refusal names."""
    yield ApiSender(hosts, GRAPH, access, now=now, way=Way(MOST_BYTES, _request, _accepted))


def _request(hosts: Hosts, message: bytes) -> Ask:
    return Ask(
        method="POST",
        url=url(hosts, "/sendMail"),
        body=base64.b64encode(message),
        content_type="text/plain",
        headers=KEPT_IDS,
    )


def _accepted(answer: Answer) -> Accepted | None:
    """Graph says no more than this: no id, and the copy in the Sent folder may take a while."""
    return Accepted("202 Accepted") if answer.status == _ACCEPTED else None


def sent_message_id(hosts: Hosts, access: Access, provider_id: str) -> str | None:
    """The Message-ID that a sent message went out with; None when the message is gone. Raises GrantRefused."""
    wanted = {"$select": "internetMessageId"}
    request = Ask(url=url(hosts, f"/messages/{provider_id}"), params=wanted, headers=KEPT_IDS)
    return text(fetch(hosts, GRAPH, access, request) or {}, "internetMessageId") or None


def find_copy(hosts: Hosts, access: Access, message_id: str, *, mark: str, since: datetime) -> str | None:
    """Graph's id of a message in Sent Items; None proves nothing. Raises GrantRefused.

    Found by its Message-ID, else, since Exchange may have given it another one, by its mark among those sent since then.
    """
    quoted = message_id.replace("'", "''")
    found = _sent(
        hosts, access, {"$filter": f"internetMessageId eq '{quoted}'", "$select": "id", "$top": "1"}
    )
    if not found:
        newest = {
            "$filter": f"receivedDateTime ge {since:%Y-%m-%dT%H:%M:%SZ}",
            "$orderby": "receivedDateTime desc",
            "$select": "id,internetMessageHeaders",
            "$top": str(_LOOKED_AT),
        }
        found = [item for item in _sent(hosts, access, newest) if _mark(item) == mark]
    return next((identity for item in found if (identity := text(item, "id"))), None)


def _sent(hosts: Hosts, access: Access, query: dict[str, str]) -> list[Mapping[str, Any]]:
    request = Ask(url=url(hosts, "/mailFolders/sentitems/messages"), params=query, headers=KEPT_IDS)
    return members(fetch(hosts, GRAPH, access, request) or {}, "value")


def _mark(item: Mapping[str, Any]) -> str:
    headers = members(item, "internetMessageHeaders")
    return next((text(h, "value") for h in headers if text(h, "name").lower() == SEND_HEADER.lower()), "")
