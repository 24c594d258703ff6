"""Mail servers between the product and the real mailbox: they can hold a message back, and be listened to."""

from collections.abc import Callable, Mapping

from tests.servers.mail import MailStack
from tests.servers.scripted import Connection, ScriptedImap, ScriptedSmtp

Hooks = Mapping[str, Callable[[], object]]


class _Watched:
    """Runs a hook as its command arrives, before the answer; the dialogue goes on as usual."""

    before: Hooks

    def answer(self, connection: Connection, command: str, usual: bytes, tag: bytes = b"") -> bytes:
        self.before.get(command, lambda: None)()
        return super().answer(connection, command, usual, tag)


class WatchedImap(_Watched, ScriptedImap):
    """An IMAP server with one empty INBOX."""

    def __init__(self, before: Hooks) -> None:
        super().__init__()
        self.before = before


class Relay(_Watched, ScriptedSmtp):
    """Accepts any message and delivers it to the mailbox, at once or when `release` is called."""

    def __init__(
        self,
        stack: MailStack,
        mailbox: str,
        *,
        hold: bool = False,
        before: Hooks | None = None,
        **tls: object,
    ) -> None:
        super().__init__(**tls)
        self.before = dict(before or {})
        self._deliver = lambda message: stack.deliver(mailbox, message)
        self._hold = hold
        self._held: list[bytes] = []

    def answer(self, connection: Connection, command: str, usual: bytes, tag: bytes = b"") -> bytes:
        if command == "MESSAGE":
            (self._held.append if self._hold else self._deliver)(self.received[-1])
        return super().answer(connection, command, usual, tag)

    def release(self) -> None:
        """Deliver what was held back."""
        while self._held:
            self._deliver(self._held.pop())
