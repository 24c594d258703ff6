"""Handing messages to a scripted or a real server, and what is left of a try that failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nimbus.providers.contract import OpenSender
from nimbus.providers.errors import SendRefused
from nimbus.providers.smtp_imap.delivery import Patience, open_sender
from tests.providers.smtp_imap.mailbox import Mailbox, secret_forms
from tests.servers.faults import ScriptedSmtp

SHORT = Patience(answer=0.5, verdict=0.5)  # for servers that stay silent
LONG = Patience(answer=15, verdict=15)
BODY = b"Subject: Hello\r\n\r\nThe words themselves.\r\n"
PIPELINING = b"250-scripted.test\n250-AUTH PLAIN LOGIN\n250-PIPELINING\n250 8BITMIME"
NOT_PIPELINING = b"250-scripted.test\n250 AUTH PLAIN LOGIN"


class InTurn(dict[str, Any]):
    """A script in which a list is what to answer the first time, the second, and so on; then as usual."""

    def get(self, key: str, default: Any = None) -> Any:
        """The answer that is due now."""
        answer = super().get(key, default)
        if isinstance(answer, list):
            return answer.pop(0) if answer else default
        return answer


@contextmanager
def opened(
    mailbox: Mailbox, port: int, security: str = "none", patience: Patience = LONG
) -> Iterator[OpenSender]:
    with open_sender(mailbox.login(port, security), mailbox.network, patience) as sender:
        yield sender


def post(
    sender: OpenSender,
    message: bytes = BODY,
    *,
    recipient: str = "bob@beta.test",
    before_body: Callable[[], bool] = lambda: True,
) -> str:
    return sender.send(message, sender="ann@alpha.test", recipient=recipient, before_body=before_body).line


def commands(server: ScriptedSmtp) -> list[str]:
    """What the client said, by its first word; a message is none of it."""
    first = (
        piece.split(None, 1)[0].decode("ascii", "replace").upper()
        for piece in server.received
        if piece.strip()
    )
    return [
        word for word in first if word in {"EHLO", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT"}
    ]


def holds_no_secret(mailbox: Mailbox, refused: SendRefused) -> bool:
    left = f"{refused!r} {refused} {refused.answer} {refused.line} {refused.failure}"
    return not any(form in left for form in secret_forms(mailbox.username, mailbox.password))
