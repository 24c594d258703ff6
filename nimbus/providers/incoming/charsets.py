"""Making text out of bytes whose charset is said, unknown, wrong or missing. Nothing here raises."""

import binascii
import codecs
import re
from functools import lru_cache

# Codecs that make no text out of bytes, take too long, or act on what they read.
_REFUSED = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})
# What is written under these names is often more than they can say; the right side holds all of the left.
_WIDER = {"iso8859-1": "cp1252", "ascii": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}
_ENCODED = re.compile(r"=\?([\w.:*-]{1,60})\?([bq])\?([^?\r\n]{0,2000})\?=(\s{1,100}(?==\?))?", re.IGNORECASE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def to_text(data: bytes, charset: str = "") -> str:
    """The text, with a replacement character for each byte that says nothing, and without control characters."""
    codec = _codec(charset.strip().lower())
    if codec is None:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    else:
        text = data.decode(codec, "replace")
    return _UNSEEN.sub("", text)


def decoded(data: bytes, transfer_encoding: str) -> bytes:
    """The bytes of a body as they were before it travelled; what cannot be decoded stays as it is."""
    match transfer_encoding.strip().lower():
        case "base64":
            return _from_base64(data)
        case "quoted-printable":
            return binascii.a2b_qp(data)
    return data


def decode_words(value: str) -> str:
    """A header's value with its encoded words read (RFC 2047); neighbours of one charset are decoded as one."""
    if "=?" not in value:
        return value
    out: list[str] = []
    held, held_charset, end = b"", "", 0
    for word in _ENCODED.finditer(value):
        charset = word[1].partition("*")[0]
        if held and (word.start() != end or charset.lower() != held_charset.lower()):
            out.append(to_text(held, held_charset))
            held = b""
        out.append(value[end : word.start()])
        held, held_charset, end = held + _word(word[2], word[3]), charset, word.end()
    return "".join((*out, to_text(held, held_charset), value[end:]))


def _word(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return _from_base64(data) if encoding in "bB" else binascii.a2b_qp(data, header=True)


def _from_base64(data: bytes) -> bytes:
    clean = _NOT_BASE64.sub(b"", data)
    whole = clean[: len(clean) - len(clean) % 4] if len(clean) % 4 == 1 else clean + b"=" * (-len(clean) % 4)
    try:
        return binascii.a2b_base64(whole)
    except binascii.Error:
        return data


@lru_cache(maxsize=256)
def _codec(charset: str) -> str | None:
    """The codec that reads this charset; None where there is none, or it says nothing."""
    try:
        found = codecs.lookup(charset)
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name in _REFUSED:  # noqa: SLF001 - there is no public way
        return None
    wider = _WIDER.get(found.name, found.name)
    return None if wider == "utf-8" else wider
