"""The one-line test message of a connection test: a token that only its maker could have signed."""

from dataclasses import dataclass
from datetime import datetime

from nimbus.providers.addresses import wire_address
from nimbus.providers.contract import refuse_line_breaks
from nimbus.providers.message import Letter, compose

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


def probe_message(probe: Probe) -> bytes:
    """The test message itself, ready for SMTP; raises ValueError when an address cannot stand in a header."""
    return compose(
        Letter(
            sender=probe.sender,
            sender_name="",
            recipient=probe.recipient,
            subject=SUBJECT,
            text=BODY,
            message_id=probe.message_id,
            mark=probe.token,
            mark_header=TOKEN_HEADER,
            dated_at=probe.sent_at,
            is_automatic=True,
        )
    )
