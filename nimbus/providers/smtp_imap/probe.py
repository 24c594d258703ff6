"""The one-line test message of a connection test: a token that only its maker could have signed."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

from nimbus.providers.addresses import wire_address
from nimbus.providers.contract import refuse_line_breaks

TOKEN_HEADER = "X-NimbusOS-Test"  # noqa: S105 - the name of a header
SUBJECT = "NimbusOS connection test"
BODY = "This is a NimbusOS connection test. You may delete this message.\n"


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What makes one test message; `token` is the whole header value, nonce and signature joined by a dot.

    Raises UnsafeTextError on NUL, CR or LF in any text.
    """

    token: str
    sender: str
    recipient: str
    sent_at: datetime

    def __post_init__(self) -> None:
        refuse_line_breaks(self.token, self.sender, self.recipient)

    @property
    def message_id(self) -> str:
        """The Message-ID: the nonce at the sender's domain."""
        nonce = self.token.partition(".")[0]
        return f"<{nonce}@{wire_address(self.sender).rpartition('@')[2]}>"


def probe_message(probe: Probe) -> EmailMessage:
    """The test message itself, ready for SMTP; raises ValueError when an address cannot stand in a header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=wire_address(probe.sender))
    message["To"] = Address(addr_spec=wire_address(probe.recipient))
    message["Date"] = format_datetime(probe.sent_at)
    message["Message-ID"] = probe.message_id
    message[TOKEN_HEADER] = probe.token
    always = _in_every_message()
    for name, value in always.items():
        message[name] = value
    message.set_payload(always.get_payload())
    return message


@cache
def _in_every_message() -> EmailMessage:
    """What all test messages share, parsed once: a header costs more than the rest of sending it."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = SUBJECT
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(BODY)
    return message
