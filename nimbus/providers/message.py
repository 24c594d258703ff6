"""Messages as they leave: a prepared block of headers per sender, the rest encoded for each recipient.

Made by hand where the header is plain, because the library takes 0.9 ms for a message; whatever has to be encoded goes
through the library's `email` package. The same values give the same bytes.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, quote
from functools import lru_cache
from hashlib import sha256

from nimbus.providers.addresses import wire_address
from nimbus.providers.contract import refuse_line_breaks

SEND_HEADER = "X-NimbusOS-Send"
_AUTOMATIC = "Auto-Submitted: auto-generated\r\n"
_END = "\r\n"
_WIDTH = 78  # characters of a header's line, without its end (RFC 5322 2.1.1)
_LONGEST_NAME = 52  # characters with its quotes; an address may be longer than the rest of the line then
_LONGEST_PLAIN = 900  # of a body's line; 998 is allowed, and some servers break lines at 990
_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_BREAKS = re.compile(r"\r\n|\r|\n")
_NOT_PLAIN = re.compile(r"[^\t\n -~]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_IN_ADDRESS = re.compile(r'[^\s<>,;:()"\\@\x00-\x1f\x7f-\x9f]+@[^\s<>,;:()"\\@\x00-\x1f\x7f-\x9f]+')


@dataclass(frozen=True, kw_only=True)
class Letter:
    """All that a message is made of. `mark` finds it again: the value of X-NimbusOS-Send, or of `mark_header`.

    `is_automatic` says that no person wrote it (RFC 3834), so that no machine answers. `headers` are written as they
    are, in ASCII, and folded at each blank. `html`, where there is any, says the same words again for who reads HTML.

    Raises UnsafeTextError on NUL, CR or LF in any text but `text` and `html`, the words themselves.
    """

    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    message_id: str
    mark: str
    dated_at: datetime
    mark_header: str = SEND_HEADER
    is_automatic: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        refuse_line_breaks(
            self.sender, self.sender_name, self.recipient, self.subject, self.message_id, self.mark
        )
        refuse_line_breaks(*self.headers, *self.headers.values())


def new_message_id(sender: str) -> str:
    """A Message-ID that nobody else has, at the sender's domain; raises ValueError for a broken domain."""
    return f"<{secrets.token_hex(16)}@{wire_address(sender).rpartition('@')[2]}>"


def compose(letter: Letter) -> bytes:
    """The message, every line ended by CR LF and none over 998 bytes; all ASCII unless an address is not.

    Raises ValueError when an address cannot stand in a header.
    """
    headers = (
        f"{_sender_block(letter.sender, letter.sender_name)}"
        f"To: {_address(letter.recipient)}\r\n"
        f"{_header('Subject', letter.subject)}"
        f"Date: {format_datetime(letter.dated_at)}\r\n"
        f"Message-ID: {letter.message_id}\r\n"
        f"{letter.mark_header}: {letter.mark}\r\n"
        f"{_AUTOMATIC if letter.is_automatic else ''}"
        f"{''.join(_structured(*header) for header in letter.headers.items())}"
    )
    return headers.encode() + (_both(letter) if letter.html else _part("plain", letter.text))


@lru_cache(maxsize=1024)
def _sender_block(address: str, name: str) -> str:
    """What all of an inbox's messages begin with."""
    shown, words = _address(address), _one_line(name)
    return f"From: {f'{_phrase(words)}<{shown}>' if words else shown}\r\nMIME-Version: 1.0\r\n"


def _phrase(name: str) -> str:
    """A display name with what separates it from the address."""
    shown = name if _ATOMS.fullmatch(name) else f'"{quote(name)}"'
    if not name.isascii() or "=?" in name or len(shown) > _LONGEST_NAME:
        return Header(name, "utf-8", header_name="From").encode(linesep=_END) + f"{_END} "
    return f"{shown} "


def _header(name: str, value: str) -> str:
    """One header of free words, folded, and encoded where it is not plain or would read as encoded."""
    words = _one_line(value)
    line = f"{name}: {words}"
    plain = words.isascii() and "=?" not in words
    if not plain or len(line) > _WIDTH:
        if plain and max(map(len, words.split(" "))) <= _WIDTH // 2:
            line = _folded(name, words)
        else:
            line = f"{name}: {Header(words, 'utf-8', header_name=name).encode(linesep=_END)}"
    return line + _END


def _folded(name: str, words: str) -> str:
    """A plain header broken between its words. By hand: the library breaks after commas, and some lines get too long."""
    lines = [f"{name}:"]
    for word in words.split(" "):
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("")
        lines[-1] += f" {word}"
    return _END.join(lines)


def _structured(name: str, value: str) -> str:
    """A header of addresses or ids, each on a line of its own: none is encoded, and no line grows with their number."""
    return f"{name}: {value.replace(' ', f'{_END} ')}{_END}"


def _one_line(text: str) -> str:
    """The words with single blanks between them and no control characters, as a header can carry them."""
    return _BLANKS.sub(" ", text).strip(" ").encode("utf-8", "replace").decode()


def _address(address: str) -> str:
    """The bare address for a header; raises ValueError for what would need quoting there."""
    if not _IN_ADDRESS.fullmatch(address):
        raise ValueError("This address cannot stand in a message.")
    return wire_address(address)


def _both(letter: Letter) -> bytes:
    """The plain words and after them the better version of the same (RFC 2046 5.1.4)."""
    # Of all that it must not occur in, so that nobody can write it into a message.
    all_of_it = f"{letter.message_id}\0{letter.text}\0{letter.html}"
    line = f"=_{sha256(all_of_it.encode('utf-8', 'replace')).hexdigest()[:40]}"
    parts = (_part("plain", letter.text), _part("html", letter.html))
    return b"".join(
        (
            f'Content-Type: multipart/alternative; boundary="{line}"\r\n\r\n'.encode(),
            *(f"--{line}\r\n".encode() + part + b"\r\n" for part in parts),
            f"--{line}--\r\n".encode(),
        )
    )


def _part(kind: str, text: str) -> bytes:
    """Words with the headers that say how to read them."""
    encoding, body = _body(text)
    said = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return said.encode() + body


def _body(text: str) -> tuple[str, bytes]:
    """How the words are encoded and what they then are: as they are where that is safe, else the shorter way."""
    unix = _BREAKS.sub("\n", text)
    unix = unix if unix.endswith("\n") else unix + "\n"
    if not _NOT_PLAIN.search(unix) and max(map(len, unix.split("\n"))) <= _LONGEST_PLAIN:
        return "7bit", unix.replace("\n", _END).encode()
    raw = unix.encode("utf-8", "replace")
    quoted = binascii.b2a_qp(raw).replace(b"\n", b"\r\n")
    packed = base64.encodebytes(raw.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return ("quoted-printable", quoted) if len(quoted) <= len(packed) else ("base64", packed)
