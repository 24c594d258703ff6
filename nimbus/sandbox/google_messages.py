"""A stored message as the Gmail API shows it (`providers.md` 1.7)."""

import base64
import html
from collections.abc import Collection, Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from nimbus.sandbox.google_errors import ApiRefused
from nimbus.sandbox.world import Stored

_SNIPPET = 120  # characters


def url64(raw: bytes) -> str:
    """base64url, padded, as Gmail writes it."""
    return base64.urlsafe_b64encode(raw).decode()


def reference(stored: Stored) -> dict[str, Any]:
    """A message as lists name it."""
    return {"id": stored.id, "threadId": stored.thread_id}


def labelled(stored: Stored) -> dict[str, Any]:
    """A message with its labels, as changes are answered."""
    return reference(stored) | {"labelIds": sorted(stored.labels)}


def shown(stored: Stored, form: str, names: Collection[str] = ()) -> dict[str, Any]:
    """A message in the form asked for: full, metadata (only the headers of these names), minimal or raw."""
    whole = message_from_bytes(stored.raw)
    common = labelled(stored) | {
        "snippet": _snippet(whole),
        "sizeEstimate": len(stored.raw),
        "historyId": str(stored.history_id),
        "internalDate": str(int(stored.arrived_at.timestamp() * 1000)),
    }
    match form:
        case "full":
            return common | {"payload": _part(whole, "")}
        case "metadata":
            wanted = {name.lower() for name in names}
            headers = [line for line in _headers(whole) if not wanted or line["name"].lower() in wanted]
            return common | {"payload": {"mimeType": whole.get_content_type(), "headers": headers}}
        case "minimal":
            return common
        case "raw":
            return common | {"raw": url64(stored.raw)}
    raise ApiRefused("invalidArgument", f"Invalid value at 'format': {form}")


def attachment(stored: Stored, attachment_id: str) -> dict[str, Any]:
    """The bytes of one part."""
    for number, part in _leaves(message_from_bytes(stored.raw), ""):
        if _attachment_id(number) == attachment_id:
            data = _content(part)
            return {"attachmentId": attachment_id, "size": len(data), "data": url64(data)}
    raise ApiRefused("invalidArgument", "Invalid attachment token")


def _part(part: Message, number: str) -> dict[str, Any]:
    """A part with the parts in it; texts carry their bytes, everything else an id to fetch them by."""
    shown: dict[str, Any] = {
        "partId": number,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": _headers(part),
        "body": {"size": 0},
    }
    inner = list(_inner(part, number))
    if inner:
        shown["parts"] = [_part(child, below) for below, child in inner]
    else:
        data = _content(part)
        is_text = part.get_content_maintype() == "text" and not shown["filename"]
        kept = {"data": url64(data)} if is_text else {"attachmentId": _attachment_id(number)}
        shown["body"] = {"size": len(data)} | (kept if data else {})
    return shown


def _inner(part: Message, number: str) -> Iterator[tuple[str, Message]]:
    """The numbered parts of a multipart, or the message within a message."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() != "message/delivery-status":
        for index, child in enumerate(payload):
            yield f"{number}.{index}".lstrip("."), child


def _leaves(part: Message, number: str) -> Iterator[tuple[str, Message]]:
    inner = list(_inner(part, number))
    if not inner:
        yield number, part
    for below, child in inner:
        yield from _leaves(child, below)


def _content(part: Message) -> bytes:
    """The decoded bytes of a part that holds no others; a delivery status is parsed by Python and put back."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"".join(block.as_bytes() for block in payload if isinstance(block, Message))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _attachment_id(number: str) -> str:
    return f"ANGjdJ{url64(number.encode()).rstrip('=')}"


def _headers(part: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": _decoded(str(value))} for name, value in part.items()]


def _decoded(value: str) -> str:
    """A header on one line, its encoded words as the characters they stand for."""
    try:
        return str(make_header(decode_header(" ".join(value.split()))))
    except (HeaderParseError, LookupError, UnicodeError):
        return " ".join(value.split())


def _snippet(whole: Message) -> str:
    for _, part in _leaves(whole, ""):
        if part.get_content_type() == "text/plain":
            words = " ".join(_content(part).decode("utf-8", "replace").split())
            return html.escape(words[:_SNIPPET].strip())
    return ""
