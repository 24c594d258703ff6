"""The protocol dialogue of a test, for the host's support: timed, short, without credentials.

Most tests pass, and nobody reads their dialogue. So a line is kept as it came, and made presentable when asked for.
"""

import base64
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nimbus.providers.contract import Secret
from nimbus.providers.errors import STRUCK_OUT, Secrets, printable

_LINE = 300  # characters shown of one line
_HEAD = 16 * 1024  # bytes shown from the beginning
_TAIL = 30 * 1024  # and from the end; with the note between them under 48 KiB
_FIRST, _LAST = 500, 1000  # lines kept from both ends until they are asked for
_LONGEST_RAW = 4096  # bytes of a line that are looked at at all
_SIGNING_IN = re.compile(r"(?:\S+ )?(?:AUTH|AUTHENTICATE) [\w-]+|\S+ LOGIN", re.IGNORECASE)


class _Said(NamedTuple):
    """Lines as they came; `seconds` since the beginning. While signing in only the command may be shown."""

    seconds: float
    who: str
    data: bytes
    signing_in: bool = False


class Dialogue:
    """Both sides' lines with the seconds since it was made; its text never holds a credential, not even encoded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self.secrets = Secrets()
        self._head: list[_Said] = []
        self._tail: deque[_Said] = deque(maxlen=_LAST)
        self._count = 0

    def hide(self, username: str, password: Secret) -> None:
        """Strike this password out of the whole text, in each form in which it may travel or be echoed."""
        value = password.reveal()
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        self.secrets.add(value, quoted, f"\0{username}\0{value}")

    def client(self, data: bytes, *, signing_in: bool = False) -> None:
        """Note what we sent; while signing in only the command is shown."""
        self._keep("C:", data, signing_in=signing_in)

    def server(self, line: bytes) -> None:
        """Note a line that the server sent."""
        self._keep("S:", line)

    def note(self, text: str) -> None:
        """Note something that is neither side's words, such as that encryption began."""
        self._keep("--", text.encode())

    def text(self) -> str:
        """All lines, one a row: seconds, who spoke, what. Under 48 KiB: of a longer one the middle is left out."""
        rows = [row for said in (*self._head, *self._tail) for row in self._rows(said)]
        head = list(_fitting(rows, _HEAD))
        tail = list(_fitting(reversed(rows[len(head) :]), _TAIL))[::-1]
        left_out = len(rows) - len(head) - len(tail) + self._count - len(self._head) - len(self._tail)
        gap = [f"          -- {left_out} lines left out --"] if left_out else []
        return "\n".join([*head, *gap, *tail])

    def _keep(self, who: str, data: bytes, *, signing_in: bool = False) -> None:
        said = _Said(self._clock() - self._started, who, data[:_LONGEST_RAW], signing_in)
        self._count += 1
        (self._head if len(self._head) < _FIRST else self._tail).append(said)

    def _rows(self, said: _Said) -> Iterator[str]:
        for line in said.data.splitlines():
            text = self.secrets.strike_out(line.decode("utf-8", "replace"))
            if said.signing_in:
                command = _SIGNING_IN.match(text)
                text = f"{command.group()} {STRUCK_OUT}" if command else STRUCK_OUT
            shown = printable(text)
            shown = shown if len(shown) <= _LINE else shown[: _LINE - 1] + "…"
            yield f"{said.seconds:9.3f} {said.who} {shown}"


def _fitting(rows: Iterable[str], size: int) -> Iterator[str]:
    """As many rows from the first as fit into a size in bytes, each with its line break."""
    for row in rows:
        size -= len(row.encode()) + 1
        if size < 0:
            return
        yield row


def base64_of(text: str) -> str:
    """UTF-8 in base64 on one line, as SMTP and IMAP carry credentials."""
    return base64.b64encode(text.encode()).decode()
