"""The protocol dialogue of a test, for the host's support: timed, short, without credentials."""

import base64
import re
import time
from collections import deque
from collections.abc import Callable

from nimbus.providers.contract import Secret
from nimbus.providers.errors import STRUCK_OUT, printable, secrets_pattern, strike_out

_LINE = 300  # characters kept of one line
_HEAD = 16 * 1024  # characters kept from the beginning
_TAIL = 30 * 1024  # and from the end; with the note between them under 48 KiB
_LONGEST_RAW = 4096  # bytes of a line that are looked at at all
_SIGNING_IN = re.compile(r"(?:\S+ )?(?:AUTH|AUTHENTICATE) [\w-]+|\S+ LOGIN", re.IGNORECASE)


class Dialogue:
    """Both sides' lines with the seconds since it was made; never holds a credential, not even encoded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._hidden: set[str] = set()
        self.secrets: re.Pattern[str] | None = (
            None  # finds what has to be struck out of anything a server says
        )
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._head_size = self._tail_size = self._left_out = 0

    def hide(self, username: str, password: Secret) -> None:
        """Strike this password out of every later line, in each form in which it may travel or be echoed."""
        value = password.reveal()
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        forms = {value, quoted, f"\0{username}\0{value}"}
        if not forms <= self._hidden:  # both legs mostly share one login
            self._hidden |= forms
            self.secrets = secrets_pattern(self._hidden)

    def client(self, data: bytes, *, signing_in: bool = False) -> None:
        """Note what we sent; while signing in only the command is kept."""
        for line in data[:_LONGEST_RAW].splitlines():
            text = line.decode("utf-8", "replace")
            if signing_in:
                command = _SIGNING_IN.match(text)
                text = f"{command.group()} {STRUCK_OUT}" if command else STRUCK_OUT
            self._add("C:", text)

    def server(self, line: bytes) -> None:
        """Note a line that the server sent."""
        self._add("S:", line[:_LONGEST_RAW].decode("utf-8", "replace"))

    def note(self, text: str) -> None:
        """Note something that is neither side's words, such as that encryption began."""
        self._add("--", text)

    def text(self) -> str:
        """All lines, one a row: seconds, who spoke, what. Under 48 KiB: of a longer one the middle is left out."""
        gap = [f"          -- {self._left_out} lines left out --"] if self._left_out else []
        return "\n".join([*self._head, *gap, *self._tail])

    def _add(self, who: str, text: str) -> None:
        shown = printable(strike_out(text, self.secrets))
        shown = shown if len(shown) <= _LINE else shown[: _LINE - 1] + "…"
        row = f"{self._clock() - self._started:9.3f} {who} {shown}"
        size = (len(row) if row.isascii() else len(row.encode())) + 1
        if not self._tail and self._head_size + size <= _HEAD:
            self._head.append(row)
            self._head_size += size
            return
        self._tail.append(row)
        self._tail_size += size
        while self._tail_size > _TAIL:
            self._tail_size -= len(self._tail.popleft().encode()) + 1
            self._left_out += 1


def base64_of(text: str) -> str:
    """UTF-8 in base64 on one line, as SMTP and IMAP carry credentials."""
    return base64.b64encode(text.encode()).decode()
