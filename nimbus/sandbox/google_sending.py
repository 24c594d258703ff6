"""What Gmail does with a message that it is given (`providers.md` 1.6)."""

import base64
import binascii
import json
import secrets
from datetime import timedelta
from email.message import Message
from email.utils import format_datetime, formataddr, parseaddr
from typing import NamedTuple

from flask import Request

from nimbus.sandbox import messages
from nimbus.sandbox.google_errors import ApiRefused, retry_after
from nimbus.sandbox.world import Mailbox, Stored, World

MOST_JSON = 5 * 2**20  # bytes; bigger ones go to the upload address
MOST_UPLOADED = 36_700_160  # bytes


class Submission(NamedTuple):
    """A message as it was handed over, and the thread that was named with it."""

    raw: bytes
    thread_id: str


def read_json(request: Request) -> Submission:
    """The message of the plain address: base64url, padded or not, within JSON."""
    if len(request.get_data()) > MOST_JSON:  # read in any case: a caller who still writes would hear nothing
        raise ApiRefused("uploadTooLarge")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ApiRefused("invalidArgument", "Invalid JSON payload received.")
    try:
        encoded = str(body.get("raw") or "").rstrip("=").encode("ascii")
        raw = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ApiRefused("invalidArgument", "Invalid value at 'message.raw' (TYPE_BYTES)") from None
    return Submission(raw, str(body.get("threadId") or ""))


def read_upload(request: Request) -> Submission:
    """The message of the upload address: as it is, or behind a part of JSON; raises ApiRefused."""
    if len(request.get_data()) > MOST_UPLOADED:
        raise ApiRefused("uploadTooLarge")
    if request.args.get("uploadType") == "media":
        return Submission(request.get_data(), "")
    try:
        facts, raw = _related(request.get_data(), request.mimetype_params["boundary"])
        return Submission(raw, str(json.loads(facts).get("threadId") or ""))
    except (AttributeError, KeyError, ValueError):
        raise ApiRefused("invalidArgument", "Malformed multipart body.") from None


def _related(body: bytes, boundary: str) -> tuple[bytes, bytes]:
    """The contents of the two parts, byte for byte; raises ValueError when there are not exactly two."""
    _, facts, message, _ = (b"\r\n" + body).split(f"\r\n--{boundary}".encode())
    return facts.partition(b"\r\n\r\n")[2], message.partition(b"\r\n\r\n")[2]


def accept(world: World, mailbox: Mailbox, given: Submission) -> Stored:
    """Keep a copy, bring the message to everybody it is for, and return the copy; raises ApiRefused."""
    if not given.raw:
        raise ApiRefused(
            "invalidArgument", "'raw' RFC822 payload message string or uploading message required"
        )
    raw = messages.with_line_ends(given.raw)
    headers = messages.read_headers(raw)
    recipients = messages.recipients(headers)
    if not recipients:
        raise ApiRefused("invalidArgument", "Recipient address required")
    if not all(address.partition("@")[2] for address in recipients):
        raise ApiRefused("invalidArgument", "Invalid To header")
    with world.lock:
        _count(world, mailbox)
        raw = _completed(raw, headers, mailbox)
        to_itself = {"INBOX", "UNREAD"} if mailbox.address in recipients else set()
        thread_id = _thread(mailbox, headers, given.thread_id)
        stored = mailbox.store(raw, {"SENT"} | to_itself, thread_id=thread_id)
    if to_itself:
        world.arrived(mailbox, stored)
    others = [address for address in recipients if address != mailbox.address]
    world.deliver(raw, sender=mailbox.address, recipients=others)
    return stored


def _count(world: World, mailbox: Mailbox) -> None:
    """Raise ApiRefused when the sending cap is switched on and reached: it opens hours from now."""
    switch = mailbox.faults.get("send_counter")
    if switch is None:
        return
    since = world.clock.now() - timedelta(days=1)
    sent = [stored for stored in mailbox.messages if "SENT" in stored.labels and stored.arrived_at > since]
    if len(sent) >= switch.values["limit"]:
        oldest = sent[0].arrived_at if sent else world.clock.now()
        raise ApiRefused("rateLimitExceeded", retry_after(oldest + timedelta(days=1)))


def _completed(raw: bytes, headers: Message, mailbox: Mailbox) -> bytes:
    """The message as it leaves: from this mailbox, dated, with a Message-ID, and silent about who got a blind copy."""
    raw = messages.without_header(raw, "Bcc")
    name, address = parseaddr(messages.header(headers, "From"))
    if address.lower() != mailbox.address:
        raw = messages.with_header(raw, "From", formataddr((name or mailbox.name, mailbox.address)))
    if "Date" not in headers:
        raw = messages.with_header(raw, "Date", format_datetime(mailbox.clock.now()))
    given, own = messages.header(headers, "Message-ID"), f"<CA{secrets.token_urlsafe(24)}@mail.gmail.com>"
    if given and mailbox.faults.take("rewritten_message_id", "send"):
        raw = messages.with_header(raw, "X-Google-Original-Message-ID", given)
        return messages.with_header(raw, "Message-ID", own)
    return raw if given else messages.with_header(raw, "Message-ID", own)


def _thread(mailbox: Mailbox, headers: Message, named: str) -> str:
    """The named thread if the message belongs there by its headers and subject too; else empty: its own."""
    if not named:
        return ""
    if all(stored.thread_id != named for stored in mailbox.messages):
        raise ApiRefused("notFound")
    return named if mailbox.thread_of(headers) == named else ""
