"""Sending through Gmail's interface (`providers.md` 1.6), and finding again what may have been sent."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from nimbus.providers.api import ApiSender, Way, fetch
from nimbus.providers.contract import Accepted, Access, Hosts, OpenSender
from nimbus.providers.errors import safe_line
from nimbus.providers.gmail.interface import GMAIL, url
from nimbus.providers.http import Answer, Ask
from nimbus.providers.message import SEND_HEADER
from nimbus.rules.json_values import member, members, text

MOST_BYTES = 36_700_160
_IN_JSON = 3_500_000  # bytes; above, the answer to the JSON form is not to be relied on
_LOOKED_AT = 20  # newest messages whose header is read


@contextmanager
def open_sender(hosts: Hosts, access: Access, now: Callable[[], datetime]) -> Iterator[OpenSender]:
    """A way out for one Gmail mailbox; `now` tells how far away the moment is that a refusal names."""
    yield ApiSender(hosts, GMAIL, access, now=now, way=Way(MOST_BYTES, _request, _accepted))


def _request(hosts: Hosts, message: bytes) -> Ask:
    if len(message) > _IN_JSON:
        return Ask(
            method="POST",
            url=url(hosts, "messages/send", upload=True),
            params={"uploadType": "media"},
            body=message,
            content_type="message/rfc822",
        )
    raw = json.dumps({"raw": base64.urlsafe_b64encode(message).decode()}).encode()
    return Ask(method="POST", url=url(hosts, "messages/send"), body=raw)


def _accepted(answer: Answer) -> Accepted | None:
    taken = answer.object() or {}
    if not (identity := text(taken, "id")):
        return None
    return Accepted(
        safe_line(f"{answer.status} OK, id {identity}"), identity, text(taken, "threadId") or None
    )


def sent_message_id(hosts: Hosts, access: Access, provider_id: str) -> str | None:
    """The Message-ID that a sent message went out with; None when the message is gone. Raises GrantRefused."""
    return _header(hosts, access, provider_id, "Message-ID")


def find_copy(hosts: Hosts, access: Access, message_id: str, *, mark: str, since: datetime) -> str | None:
    """Gmail's id of a message that may have been sent; None proves nothing. Raises GrantRefused.

    Found by its Message-ID, else, should Gmail have given it another one, by its mark among those sent since then.
    """
    known = {"q": f"in:anywhere rfc822msgid:{message_id.strip('<>')}", "maxResults": "1"}
    found = _identities(hosts, access, known)
    if found:
        return found[0]
    newest = {"q": f"in:sent after:{int(since.timestamp()) - 1}", "maxResults": str(_LOOKED_AT)}
    marked = (
        identity
        for identity in _identities(hosts, access, newest)[:_LOOKED_AT]
        if _header(hosts, access, identity, SEND_HEADER) == mark
    )
    return next(marked, None)


def _identities(hosts: Hosts, access: Access, query: dict[str, str]) -> list[str]:
    found = fetch(hosts, GMAIL, access, Ask(url=url(hosts, "messages"), params=query))
    return [identity for item in members(found or {}, "messages") if (identity := text(item, "id"))]


def _header(hosts: Hosts, access: Access, identity: str, name: str) -> str | None:
    wanted = {"format": "metadata", "metadataHeaders": name}
    found = fetch(hosts, GMAIL, access, Ask(url=url(hosts, f"messages/{identity}"), params=wanted))
    headers = members(member(found or {}, "payload"), "headers")
    values = (text(header, "value") for header in headers if text(header, "name").lower() == name.lower())
    return next((value for value in values if value), None)
