"""A stored message as Graph's JSON has it, and the ids that Graph gives it."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from nimbus.sandbox.messages import header
from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_folders import folder_id, place
from nimbus.sandbox.microsoft_graph import Call
from nimbus.sandbox.world import Stored

_MOVING, _IMMUTABLE = (
    "AAMk",
    "AAkA",
)  # what ids begin with: those that change with the folder, those that do not
_PREVIEW = 255  # characters of bodyPreview
_EXTRA = ("internetMessageHeaders",)  # returned only when selected


def item_id(call: Call, stored: Stored) -> str:
    """The id of a message where it lies; one that survives a move for whoever prefers that."""
    return known_as(call, stored.id, place(stored))


def known_as(call: Call, identity: str, folder: str) -> str:
    """The id that a message has, or had, while it lies in a folder."""
    if call.prefers("IdType=ImmutableId"):
        return _IMMUTABLE + _packed(identity)
    return _MOVING + _packed(f"{identity} {folder}")


def find_item(call: Call, given: str) -> Stored:
    """The message of an id; an id from before a move is gone unless it is immutable. Needs the world's lock."""
    kind, packed = given[:4], given[4:]
    try:
        identity, _, folder = base64.b64decode(packed, b"-_", validate=True).decode().partition(" ")
    except (binascii.Error, UnicodeDecodeError):
        raise GraphRefused("ErrorInvalidIdMalformed") from None
    if kind not in {_MOVING, _IMMUTABLE}:
        raise GraphRefused("ErrorInvalidIdMalformed")
    stored = call.mailbox.find(identity)
    if stored is None or stored.arrived_at > call.world.clock.now():
        raise GraphRefused("ErrorItemNotFound")
    if kind == _MOVING and folder != place(stored):
        raise GraphRefused("ErrorItemNotFound")
    return stored


def shape(call: Call, stored: Stored, select: str = "") -> dict[str, Any]:
    """The message, or those of its properties that are selected; refused for a property that does not exist."""
    wanted = [name.strip() for name in select.split(",") if name.strip()]
    for name in wanted:
        if name not in PROPERTIES:
            message = f"Could not find a property named '{name}' on type 'Microsoft.OutlookServices.Message'."
            raise GraphRefused("RequestBroker--ParseUri", message)
    letter = parse(stored.raw)
    names = wanted or [name for name in PROPERTIES if name not in _EXTRA]
    found = {name: PROPERTIES[name](call, stored, letter) for name in PROPERTIES if name in {"id", *names}}
    return {"@odata.etag": etag(stored)} | found


def etag(stored: Stored) -> str:
    """What changes with every change of a message."""
    return f'W/"{_packed(f"{stored.id} {stored.history_id}")}"'


def parse(raw: bytes) -> EmailMessage:
    """A message, read leniently."""
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def moment(when: datetime) -> str:
    """A moment as Graph writes it: UTC, whole seconds."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _people(stored: Stored, name: str) -> list[dict[str, Any]]:
    lines = [str(line) for line in parse(stored.raw).get_all(name, [])]
    return [
        {"emailAddress": {"name": who or address, "address": address}}
        for who, address in getaddresses(lines)
        if address
    ]


def _person(stored: Stored, name: str) -> dict[str, Any] | None:
    return next(iter(_people(stored, name)), None)


def _sent_at(stored: Stored) -> str:
    try:
        return moment(parsedate_to_datetime(header(stored.headers, "Date")))
    except (TypeError, ValueError):
        return moment(stored.arrived_at)


def _text(letter: EmailMessage, *preferred: str) -> tuple[str, str]:
    part = letter.get_body(preferencelist=preferred)
    if part is None:
        return "text", ""
    return ("html" if part.get_content_subtype() == "html" else "text"), str(part.get_content())


def _body(call: Call, letter: EmailMessage) -> dict[str, str]:
    preferred = ("plain", "html") if call.prefers("outlook.body-content-type=text") else ("html", "plain")
    kind, content = _text(letter, *preferred)
    return {"contentType": kind, "content": content}


def _headers(stored: Stored) -> list[dict[str, str]]:
    return [{"name": name, "value": " ".join(str(value).split())} for name, value in stored.headers.items()]


# Property: its value of a call, a stored message and that message parsed.
PROPERTIES: dict[str, Callable[[Call, Stored, EmailMessage], Any]] = {
    "id": lambda call, stored, _: item_id(call, stored),
    "createdDateTime": lambda _call, stored, _: moment(stored.arrived_at),
    "lastModifiedDateTime": lambda _call, stored, _: moment(stored.arrived_at),
    "changeKey": lambda _call, stored, _: _packed(str(stored.history_id)),
    "categories": lambda *_: [],
    "receivedDateTime": lambda _call, stored, _: moment(stored.arrived_at),
    "sentDateTime": lambda _call, stored, _: _sent_at(stored),
    "hasAttachments": lambda _call, _stored, letter: any(True for _ in letter.iter_attachments()),
    "internetMessageId": lambda _call, stored, _: stored.message_id or None,
    "internetMessageHeaders": lambda _call, stored, _: _headers(stored),
    "subject": lambda _call, _stored, letter: str(letter.get("Subject", "")),
    "bodyPreview": lambda _call, _stored, letter: " ".join(_text(letter, "plain", "html")[1].split())[
        :_PREVIEW
    ],
    "importance": lambda *_: "normal",
    "parentFolderId": lambda call, stored, _: folder_id(call.mailbox, place(stored)),
    "conversationId": lambda _call, stored, _: "AAQk" + _packed(stored.thread_id),
    "isDeliveryReceiptRequested": lambda *_: None,
    "isReadReceiptRequested": lambda *_: False,
    "isRead": lambda _call, stored, _: "UNREAD" not in stored.labels,
    "isDraft": lambda _call, stored, _: "DRAFT" in stored.labels,
    "webLink": lambda call, stored, _: f"https://outlook.office365.com/owa/?ItemID={item_id(call, stored)}",
    "inferenceClassification": lambda *_: "focused",
    "body": lambda call, _stored, letter: _body(call, letter),
    "sender": lambda _call, stored, _: _person(stored, "From"),
    "from": lambda _call, stored, _: _person(stored, "From"),
    "toRecipients": lambda _call, stored, _: _people(stored, "To"),
    "ccRecipients": lambda _call, stored, _: _people(stored, "Cc"),
    "bccRecipients": lambda _call, stored, _: _people(stored, "Bcc"),
    "replyTo": lambda _call, stored, _: _people(stored, "Reply-To"),
    "flag": lambda *_: {"flagStatus": "notFlagged"},
}
