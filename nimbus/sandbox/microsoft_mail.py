"""What Exchange does with a message that it is given to send."""

import base64
import binascii
import re
import secrets
from datetime import timedelta
from email.utils import format_datetime, formataddr, parseaddr

from flask import Response, request

from nimbus.sandbox import wire
from nimbus.sandbox.messages import header, read_headers, recipients, with_header, with_line_ends
from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_graph import Call
from nimbus.sandbox.microsoft_state import principal

LARGEST = 4 * 1024 * 1024  # bytes of a request (`providers.md` 2.5)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def read_mime() -> bytes:
    """The message in a text/plain body: standard base64, nothing else."""
    if (request.content_length or 0) > LARGEST:
        raise GraphRefused("ErrorMessageSizeExceeded")
    try:
        raw = base64.b64decode(b"".join(request.get_data().split()), validate=True)
    except binascii.Error:
        raise GraphRefused("ErrorMimeContentInvalidBase64String") from None
    if not read_headers(raw).keys():
        raise GraphRefused("ErrorMimeContentInvalid")
    return with_line_ends(raw)


def send(call: Call, raw: bytes, *, saves: bool = True) -> Response:
    """Take a message, keep its copy and deliver it: 202 with nothing in it, or nothing at all where that is asked for."""
    mailbox, world = call.mailbox, call.world
    raw = _completed(call, raw)
    to = recipients(read_headers(raw))
    if not to or not all(_ADDRESS.fullmatch(address) for address in to):
        raise GraphRefused("ErrorInvalidRecipients")
    with world.lock:
        _count(call)
        if saves:
            copy = mailbox.store(raw, {"SENT"})
            if fault := mailbox.faults.take("late_copy", "send"):
                copy.arrived_at += timedelta(seconds=float(fault.values["seconds"]))
        is_cut = mailbox.faults.take("cut_after_acceptance", "send")
    world.deliver(raw, sender=mailbox.address, recipients=to)
    return wire.cut() if is_cut else Response(status=202)


def new_message_id() -> str:
    """A Message-ID as Exchange Online gives them."""
    host = f"{secrets.token_hex(6).upper()}.namprd00.prod.outlook.com"
    return f"<{secrets.token_hex(16).upper()}@{host}>"


def _completed(call: Call, raw: bytes) -> bytes:
    """The message with what it lacks; refused when it is from somebody else."""
    mailbox, headers = call.mailbox, read_headers(raw)
    sender = parseaddr(header(headers, "From"))[1].lower()
    if sender and sender not in {mailbox.address, principal(mailbox)}:
        raise GraphRefused("ErrorSendAsDenied")
    if not sender:
        raw = with_header(raw, "From", formataddr((mailbox.name, mailbox.address)))
    if "Date" not in headers:
        raw = with_header(raw, "Date", format_datetime(call.world.clock.now()))
    if mailbox.faults.take("rewritten_message_id", "send") or "Message-ID" not in headers:
        raw = with_header(raw, "Message-ID", new_message_id())
    return raw


def _count(call: Call) -> None:
    """Refuse what is more than the mailbox may send in a day, where that is switched on."""
    limit = call.mailbox.faults.get("send_counter")
    since = call.world.clock.now() - timedelta(hours=24)
    sent = (each for each in call.mailbox.messages if "SENT" in each.labels and each.arrived_at > since)
    if limit and sum(1 for _ in sent) >= limit.values["limit"]:
        raise GraphRefused("ErrorExceededMessageLimit")
