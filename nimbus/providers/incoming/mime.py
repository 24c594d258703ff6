"""Taking a message apart into its parts, without recursion and without copies of what nobody reads.

By hand, because the library's parser makes objects of every line before any limit can be kept, and gives up on a
thousand levels.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from nimbus.providers.incoming.charsets import decoded, to_text
from nimbus.providers.incoming.headers import Headers
from nimbus.rules.parsed_mail import LONGEST_TEXT

MOST_BYTES = 25 * 1024 * 1024  # the limits of `reliability.md` 5.1
MOST_PARTS, DEEPEST = 200, 50
_LONGEST_HEAD = 1024 * 1024  # bytes in which headers must end; only the first of them are read
_MOST_LOOKS = 20_000  # at what might be a boundary
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r(?!\n)")
_REST_OF_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r|\Z)")


@dataclass(frozen=True, slots=True)
class Region:
    """Where something stands in the bytes of a message."""

    start: int
    end: int


@dataclass
class Part:
    """One part: its headers, where its body is, how deep it lies, and what kind of part it lies in."""

    raw: bytes = field(repr=False)
    headers: Headers
    body: Region
    depth: int = 0
    inside: str = ""
    default_kind: str = "text/plain"

    @cached_property
    def _type(self) -> tuple[str, dict[str, str]]:
        kind, values = self.headers.parameters("content-type")
        return (kind if kind.count("/") == 1 else self.default_kind), values

    @property
    def kind(self) -> str:
        """As "text/plain", in lower case."""
        return self._type[0]

    @property
    def type_parameters(self) -> dict[str, str]:
        """The parameters of the type."""
        return self._type[1]

    @cached_property
    def file_name(self) -> str:
        """What the file is called that this part is; empty where it is none."""
        disposition, values = self.headers.parameters("content-disposition")
        name = values.get("filename") or self.type_parameters.get("name", "")
        return name or ("attachment" if disposition == "attachment" else "")

    @property
    def size(self) -> int:
        """Bytes of the body, as it travelled."""
        return self.body.end - self.body.start

    def content(self, most: int = 2 * LONGEST_TEXT) -> bytes:
        """The body decoded, as far as that many bytes of it go."""
        start, end = self.body.start, min(self.body.end, self.body.start + most)
        return decoded(self.raw[start:end], self.headers.first("content-transfer-encoding"))

    def text(self) -> str:
        """The body as text, with plain line ends."""
        text = to_text(self.content(), self.type_parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\n")[:LONGEST_TEXT]


@dataclass
class Message:
    """A message taken apart. `parts` are the leaves, in their order; what lies inside another message stays closed."""

    top: Part
    parts: list[Part]
    is_cut: bool


def take_apart(raw: bytes) -> Message:
    """The parts of a message, as many and as deep as the limits let."""
    data = raw[:MOST_BYTES]
    top = _part(data, Region(_after_mbox_line(data), len(data)))
    waiting, leaves, is_cut = [top], list[Part](), len(raw) > MOST_BYTES or top.headers.is_cut
    while waiting:
        part = waiting.pop()
        pieces = list(_pieces(part)) if part.kind.startswith("multipart/") else []
        if not pieces:
            leaves.append(part)
        elif part.depth >= DEEPEST or len(leaves) + len(waiting) + len(pieces) > MOST_PARTS:
            is_cut = True
            kept = pieces[: max(0, MOST_PARTS - len(leaves) - len(waiting))] if part.depth < DEEPEST else []
            waiting += reversed([_child(part, piece) for piece in kept])
        else:
            waiting += reversed([_child(part, piece) for piece in pieces])
    return Message(top, leaves, is_cut)


def _child(parent: Part, region: Region) -> Part:
    default = "message/rfc822" if parent.kind == "multipart/digest" else "text/plain"
    return _part(parent.raw, region, depth=parent.depth + 1, inside=parent.kind, default_kind=default)


def _part(
    raw: bytes, region: Region, *, depth: int = 0, inside: str = "", default_kind: str = "text/plain"
) -> Part:
    """A part whose headers end at the first empty line; one that begins with an empty line has none."""
    first = raw[region.start : region.start + 2]
    if first[:1] == b"\n" or first == b"\r\n":
        head, body = region.start, region.start + (1 if first[:1] == b"\n" else 2)
    else:
        furthest = min(region.end, region.start + _LONGEST_HEAD)
        blank = _BLANK_LINE.search(raw, region.start, furthest)
        head, body = (blank.start(), blank.end()) if blank else (furthest, region.end)
    headers = Headers(raw[region.start : head])
    return Part(raw, headers, Region(body, region.end), depth, inside, default_kind)


def _pieces(part: Part) -> Iterator[Region]:
    """Where the parts of a multipart are: between the lines of its boundary, the last one also without an end."""
    boundary = part.type_parameters.get("boundary", "").rstrip()
    if not boundary:
        return
    raw, end = part.raw, part.body.end
    mark = b"--" + boundary.encode("utf-8", "replace")
    at, begun = part.body.start, -1
    for _ in range(_MOST_LOOKS):
        found = raw.find(mark, at, end)
        if found == -1:
            break
        at = found + len(mark)
        rest = _REST_OF_BOUNDARY.match(raw, at, end)
        if rest is None or not (found == part.body.start or raw[found - 1 : found] in {b"\n", b"\r"}):
            continue
        if begun >= 0:
            yield Region(begun, max(begun, _before_line_end(raw, found)))
        begun, at = rest.end(), rest.end()
        if rest[1]:
            return
    if 0 <= begun < end:
        yield Region(begun, end)


def _before_line_end(raw: bytes, at: int) -> int:
    """The line end in front of a boundary is the boundary's (RFC 2046 5.1.1)."""
    if raw[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1


def _after_mbox_line(raw: bytes) -> int:
    """Where the headers begin in a message that was saved by a mail program, with its line of separation."""
    if raw.startswith((b"From ", b">From ")):
        return raw.find(b"\n") + 1
    return len(raw) - len(raw.lstrip(b"\r\n")) if raw[:1] in {b"\r", b"\n"} else 0
