"""Messages as bytes: their headers read, and changed without touching the rest."""

import re
import secrets
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses

_LINE_END = re.compile(rb"\r\n|\r|\n")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_ANSWER = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|tr)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


def read_headers(raw: bytes) -> Message:
    """The headers of a message, as they stand in it."""
    return BytesHeaderParser().parsebytes(raw.partition(b"\r\n\r\n")[0])


def header(headers: Message, name: str) -> str:
    """One header on one line; empty when there is none."""
    return " ".join(str(headers.get(name, "")).split())


def message_id(raw: bytes) -> str:
    """The Message-ID with its angle brackets; empty when there is none."""
    return header(read_headers(raw), "Message-ID")


def answered_ids(headers: Message) -> set[str]:
    """The Message-IDs that a message says it follows."""
    return set(_MESSAGE_ID.findall(f"{headers.get('References', '')} {headers.get('In-Reply-To', '')}"))


def base_subject(headers: Message) -> str:
    """The subject without Re: and its like, for comparing."""
    return _ANSWER.sub("", header(headers, "Subject")).casefold()


def recipients(headers: Message) -> list[str]:
    """Every address of To, Cc and Bcc, in lower case and once."""
    lines = [str(line) for name in ("To", "Cc", "Bcc") for line in headers.get_all(name, [])]
    return list(dict.fromkeys(address.lower() for _, address in getaddresses(lines) if address))


def with_line_ends(raw: bytes) -> bytes:
    """The message with CR LF at every line's end."""
    return _LINE_END.sub(b"\r\n", raw)


def without_header(raw: bytes, name: str) -> bytes:
    """The message without a header and its continuation lines."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    pattern = rb"(?im)^%s:.*(?:\r\n[ \t].*)*(?:\r\n|\Z)" % re.escape(name.encode())
    return re.sub(pattern, b"", head + b"\r\n").removesuffix(b"\r\n") + blank + body


def with_header(raw: bytes, name: str, value: str) -> bytes:
    """The message with one such header, in front of the others."""
    return f"{name}: {value}\r\n".encode() + without_header(raw, name)


def traced(raw: bytes, *, sender: str, recipient: str, at: datetime) -> bytes:
    """The message as it lies in a mailbox: with the lines that the way there has left."""
    trace = (
        f"Delivered-To: {recipient}\r\n"
        f"Return-Path: <{sender}>\r\n"
        f"Received: by mx.{recipient.partition('@')[2]} with ESMTPS id {secrets.token_hex(6)}\r\n"
        f"        for <{recipient}>; {format_datetime(at)}\r\n"
    )
    return trace.encode() + without_header(raw, "Bcc")
