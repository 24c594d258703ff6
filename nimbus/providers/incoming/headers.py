"""The headers of a message or of one of its parts, each read by itself, so that a broken one spoils no other."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from nimbus.providers.incoming.charsets import decode_words, to_text
from nimbus.rules.parsed_mail import LONGEST_LINE, Mailbox

MOST_BYTES, MOST = 100 * 1024, 1000  # of one block of headers (`reliability.md` 5.1)
_NAME = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.){0,100}\"|<[^<>]{0,400}>|[,;]|\((?:[^()\\]|\\.){0,100}\)|[^\",;<>(]+|.", re.DOTALL
)
_ADDRESS = re.compile(r"[^\s<>,;:()\"\[\]]{1,64}@[^\s<>,;:()\"@]{1,255}")
_QUOTED_LOCAL = re.compile(r"\"[^\"@<>\r\n]{1,64}\"@[^\s<>,;:()\"@]{1,255}")
_BARE_ID = re.compile(r"(?<!\S)[^\s<>@,]{1,200}@[^\s<>@,]{1,200}(?!\S)")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,400}>")


class Headers:
    """A block of headers: the values of a name in their order, unfolded but not decoded."""

    def __init__(self, block: bytes) -> None:
        self.is_cut = len(block) > MOST_BYTES
        self._values: dict[str, list[str]] = {}
        for name, value in _split(to_text(block[:MOST_BYTES])):
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._values)

    def first(self, name: str) -> str:
        """The first value as it stands, on one line and not longer than a line may be; empty where there is none."""
        return self._values.get(name, [""])[0][:LONGEST_LINE]

    def all(self, name: str) -> str:
        """All values of a name that should be there once, joined by commas."""
        return ",".join(self._values.get(name, ()))

    def words(self, name: str) -> str:
        """The first value for a person to read: decoded, with single blanks."""
        return " ".join(decode_words(self.first(name)).split())

    def mailboxes(self, name: str, most: int) -> tuple[Mailbox, ...]:
        """The addresses that a name lists."""
        return tuple(mailbox for _, mailbox in zip(range(most), mailboxes(self.all(name)), strict=False))

    def message_ids(self, name: str, most: int) -> tuple[str, ...]:
        """The Message-IDs in a value, with their brackets, also where they came without; the last ones of many."""
        value = self.all(name)
        found = _MESSAGE_ID.findall(value) or [f"<{each}>" for each in _BARE_ID.findall(value)]
        return tuple(found[-most:])

    def date(self, name: str) -> datetime | None:
        """The moment, in UTC; None where it cannot be read."""
        try:
            moment = parsedate_to_datetime(self.first(name))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    def parameters(self, name: str) -> tuple[str, dict[str, str]]:
        """The value before the first semicolon in lower case, and the parameters (RFC 2231)."""
        holder = Message()
        holder[name] = self.first(name)
        try:
            found = holder.get_params(failobj=[], header=name)
        except (ValueError, TypeError, IndexError, LookupError):
            return "", {}
        values = {key.lower(): _plain(value) for key, value in found[1:]}
        return (found[0][0].strip().lower() if found else ""), values


def mailboxes(value: str) -> Iterator[Mailbox]:
    """Every address of a list, whatever else stands in it; what is no address is left out."""
    name: list[str] = []
    found = ""
    for piece in _TOKEN.findall(value[:MOST_BYTES]):
        if piece in ",;":
            if found or (found := _address("".join(name))):
                yield _mailbox(name, found)
            name, found = [], ""
        elif piece[0] == "<" and len(piece) > 1:
            found = found or _address(piece)
        elif not (piece[0] == "(" and len(piece) > 1):
            name.append(piece)
    if found or (found := _address("".join(name))):
        yield _mailbox(name, found)


def _mailbox(name: list[str], address: str) -> Mailbox:
    words = decode_words("".join(part.strip('"') for part in name).strip())
    words = " ".join(words.split())[:LONGEST_LINE]
    return Mailbox("" if words.lower() == address else words, address)


def _address(text: str) -> str:
    match = _ADDRESS.search(text) or _QUOTED_LOCAL.search(text)
    return match[0].rstrip(".").lower() if match else ""


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Names in lower case and values, unfolded. A line that is no header goes with the one before it."""
    lines = text.replace("\r\n", "\n")
    lines = lines.replace("\r", " ") if "\n" in lines else lines.replace("\r", "\n")
    pending = ""
    number = 0
    for line in [*lines.split("\n"), ""]:
        if line[:1] in {" ", "\t"} and pending:
            pending += f" {line.strip()}"
            continue
        if pending and (match := _NAME.match(pending)):
            yield match[1].lower(), match[2].strip()
            number += 1
            if number >= MOST:
                return
        pending = line


def _plain(value: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(value, tuple):
        charset, _, text = value
        return to_text(text.encode("latin-1", "replace"), charset or "")[:LONGEST_LINE]
    return decode_words(value)[:LONGEST_LINE]
