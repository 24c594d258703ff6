"""Complaints as a feedback loop reports them to the sender (ARF, RFC 5965)."""

import secrets
from datetime import datetime
from email.utils import format_datetime

from nimbus.sandbox.messages import header, read_headers

_REPORTER = "feedback@fbl.practice.test"


def complaint(raw: bytes, *, sender: str, recipient: str, at: datetime) -> bytes:
    """The report that a recipient marked a message of this sender as spam, with the message in it."""
    original, boundary = read_headers(raw), secrets.token_hex(12)
    head = (
        f"From: Feedback loop <{_REPORTER}>\r\nTo: {sender}\r\n"
        f"Subject: Complaint about: {header(original, 'Subject')}\r\nDate: {format_datetime(at)}\r\n"
        f"Message-ID: <{secrets.token_hex(12)}@fbl.practice.test>\r\nAuto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=feedback-report; boundary="{boundary}"\r\n\r\n'
    )
    words = (
        "This is an email abuse report for a message that a recipient marked as spam on "
        f"{format_datetime(at)}.\r\n"
    )
    parts = (
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}",
        f"Content-Type: message/feedback-report\r\n\r\n{_report(sender, recipient, at)}",
        f"Content-Type: message/rfc822\r\n\r\n{raw.decode('utf-8', 'surrogateescape')}",
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return (head + body).encode("utf-8", "surrogateescape")


def _report(sender: str, recipient: str, at: datetime) -> str:
    return (
        "Feedback-Type: abuse\r\nUser-Agent: Practice-World/1\r\nVersion: 1\r\n"
        f"Original-Mail-From: <{sender}>\r\nOriginal-Rcpt-To: <{recipient}>\r\n"
        f"Arrival-Date: {format_datetime(at)}\r\nReported-Domain: {sender.rpartition('@')[2]}\r\n"
        "Source-IP: 127.0.0.1\r\n"
    )
