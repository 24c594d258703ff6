"""Bounces as a sender's own system writes them (RFC 3464)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from nimbus.sandbox.messages import header, read_headers

_REPORTERS = {  # system: who a bounce is from, with its subject
    "google": (
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
    ),
    "microsoft": ("Microsoft Outlook <postmaster@{domain}>", "Undeliverable: {subject}"),
    "mail": ("Mail Delivery System <MAILER-DAEMON@{domain}>", "Undelivered Mail Returned to Sender"),
}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a message did not reach somebody: the enhanced code (5.1.1) and the words of the server there."""

    recipient: str
    status: str
    words: str

    @property
    def diagnosis(self) -> str:
        """The line of the server that did not take it."""
        return f"{'550' if self.status.startswith('5') else '450'} {self.status} <{self.recipient}>: {self.words}"


def bounce(raw: bytes, failure: Failure, *, system: str, sender: str, at: datetime) -> bytes:
    """The delivery status notification for a message that `sender` has sent through this system."""
    original, boundary = read_headers(raw), secrets.token_hex(12)
    domain, reference = sender.partition("@")[2], header(original, "Message-ID")
    author, subject = (
        line.format(domain=domain, subject=header(original, "Subject")) for line in _REPORTERS[system]
    )
    reporter = author.rstrip(">").partition("@")[2]
    ndr = "X-MS-Exchange-Message-Is-Ndr: \r\n" if system == "microsoft" else ""
    thread = f"In-Reply-To: {reference}\r\nReferences: {reference}\r\n" if reference else ""
    head = (
        f"Return-Path: <>\r\nFrom: {author}\r\nTo: {sender}\r\nSubject: {subject}\r\n"
        f"Date: {format_datetime(at)}\r\nMessage-ID: <{secrets.token_hex(12)}@{reporter}>\r\n{thread}"
        f"Auto-Submitted: auto-replied\r\nX-Failed-Recipients: {failure.recipient}\r\n{ndr}MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n\r\n'
    )
    parts = (
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{_words(failure)}",
        f"Content-Type: message/delivery-status\r\n\r\n{_status(failure, reporter, reference, at)}",
        f"Content-Type: text/rfc822-headers\r\n\r\n{_headers_of(raw)}",
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return (head + body).encode("utf-8", "surrogateescape")


def _words(failure: Failure) -> str:
    return f"Your message was not delivered to {failure.recipient}.\r\n\r\n{failure.diagnosis}\r\n"


def _status(failure: Failure, reporter: str, reference: str, at: datetime) -> str:
    """The part that machines read: a block about the message, then one about the recipient."""
    domain = failure.recipient.partition("@")[2]
    action = "failed" if failure.status.startswith("5") else "delayed"
    return (
        f"Reporting-MTA: dns; {reporter}\r\nArrival-Date: {format_datetime(at)}\r\n"
        f"X-Original-Message-ID: {reference}\r\n\r\n"
        f"Final-Recipient: rfc822; {failure.recipient}\r\nAction: {action}\r\nStatus: {failure.status}\r\n"
        f"Remote-MTA: dns; mx.{domain}\r\nDiagnostic-Code: smtp; {failure.diagnosis}\r\n"
        f"Last-Attempt-Date: {format_datetime(at)}\r\n"
    )


def _headers_of(raw: bytes) -> str:
    return raw.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape") + "\r\n"
