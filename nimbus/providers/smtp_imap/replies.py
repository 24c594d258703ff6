"""What a mail server's reply looks like, and what else can come instead."""

import re
import smtplib

SMTP_LINE = re.compile(rb"[2-5]\d\d(?:[ -].*)?\r?\n", re.DOTALL)
SMTP_REFUSAL = re.compile(r"[45]\d\d(?: |$)")
IMAP_REFUSAL = re.compile(
    r"(?:\S+ (?=NO|BAD)|\* (?=BYE|NO|BAD))(?P<answer>(?:NO|BAD|BYE)\b.*)", re.IGNORECASE
)


class NotWelcomeError(smtplib.SMTPResponseException):
    """The server refuses us at its door, whatever we might want of it."""


class NonsenseError(Exception):
    """The server's bytes are no reply of its protocol."""


class ServerClosedError(OSError):
    """The server closed the connection while an answer was due."""

    def __init__(self) -> None:
        super().__init__("The server closed the connection.")
