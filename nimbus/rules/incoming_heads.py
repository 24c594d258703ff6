"""What the headers of a message say before its body is asked for: whose it is, and whether it can matter to us.

They come from anybody: every value is bounded, and none is taken to a parser that could be made to work for long.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from enum import StrEnum
from hashlib import sha256
from typing import Self

from nimbus.rules.audit import plain
from nimbus.rules.incoming import IDS_KEPT, LINE_KEPT
from nimbus.rules.unsubscribe import unsubscribe_token

_LONGEST_VALUE = 4000  # characters of one header that are looked at
_ID = re.compile(r"<[^<>\s]{1,250}>")
_IN_BRACKETS = re.compile(r"<([^<>\s]{1,320}@[^<>\s]{1,255})>")
_BARE = re.compile(r"[^\s<>(),;:\"]{1,320}@[^\s<>(),;:\"]{1,255}")
_FOLD = re.compile(r"\r?\n[ \t]+")
_MACHINES = frozenset(
    {"mailer-daemon", "postmaster", "mailer_daemon", "mail-daemon", "double-bounce", "maildaemon"}
)
_OPT_OUT = re.compile(r"\W*unsubscribe\W*", re.IGNORECASE)
_OURS = ("x-nimbusos-send", "x-nimbusos-test", "x-nimbusos-warmup")


class Interest(StrEnum):
    """What a message is to us, by its headers."""

    OWN = "own"  # we sent it
    READ = "read"  # it may be about one of ours
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Heading:
    """The headers of one message, bounded. `identity`: the same whenever and wherever the message is listed again."""

    identity: str
    message_id: str | None
    in_reply_to: str | None
    refers_to: tuple[str, ...]
    sender: str  # the bare address in lower case
    subject: str
    is_report: bool  # of a mail system about mail
    is_marked: bool  # with a header of ours
    asks_to_stop: bool

    @classmethod
    def read(cls, headers: bytes, key: str) -> Self:
        """The heading of a message; `key` names it where nothing in it does."""
        fields = fields_of(headers)
        ids = _ID.findall(fields.get("message-id", ""))
        if ids:  # with what shows that another message has the same one: nobody makes a sender's unique
            named = "\0".join((ids[0], fields.get("from", ""), fields.get("date", "")))
        else:
            named = f"{key if not headers.strip() else ''}\0{headers.decode('latin-1')}"
        answers = _ID.findall(fields.get("in-reply-to", ""))
        chain = _ID.findall(fields.get("references", ""))
        subject = _words(fields.get("subject", ""))
        if token := unsubscribe_token(subject):
            subject = subject.replace(token, "…")  # it says nothing to a person
        return cls(
            identity=sha256(named.encode("utf-8", "replace")).hexdigest(),
            message_id=ids[0] if ids else None,
            in_reply_to=answers[0] if answers else None,
            refers_to=tuple(chain[:1] + chain[1:][-(IDS_KEPT - 1) :]),
            sender=address_in(fields.get("from", "")),
            subject=subject,
            is_report=_is_report(fields),
            is_marked=any(name in fields for name in _OURS),
            asks_to_stop=bool(_OPT_OUT.fullmatch(subject)),
        )

    @property
    def answers(self) -> frozenset[str]:
        """The Message-IDs that it names as what it answers."""
        return frozenset(filter(None, (self.in_reply_to, *self.refers_to)))


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a page of messages: Message-IDs of ours, and addresses that we wrote to."""

    inbox: str
    our_ids: frozenset[str] = field(default_factory=frozenset)
    recipients: frozenset[str] = field(default_factory=frozenset)


def interest(heading: Heading, known: Known) -> Interest:
    """What a message is to us. A report, or whatever names a message of ours, is read whoever it is from."""
    if heading.is_report:
        return Interest.READ
    if heading.message_id in known.our_ids or (heading.sender == known.inbox and not heading.is_marked):
        return Interest.OWN
    of_ours = heading.is_marked or heading.asks_to_stop or heading.answers & known.our_ids
    return Interest.READ if of_ours or heading.sender in known.recipients else Interest.NONE


def fields_of(headers: bytes) -> dict[str, str]:
    """Each header field's first value by its name in lower case, unfolded and cut."""
    fields: dict[str, str] = {}
    for line in _FOLD.sub(" ", headers.decode("utf-8", "replace")).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip()[:_LONGEST_VALUE])
    return fields


def address_in(value: str) -> str:
    """The address in a From header, in lower case; empty without one."""
    if found := _IN_BRACKETS.findall(value):
        address = str(found[-1])
    else:
        bare = _BARE.search(value)
        address = bare[0] if bare else ""
    return _clean(address).strip().lower()[:LINE_KEPT]


def _is_report(fields: Mapping[str, str]) -> bool:
    local = address_in(fields.get("from", "")).partition("@")[0]
    return (
        local in _MACHINES
        or "x-failed-recipients" in fields
        or fields.get("content-type", "").lower().startswith("multipart/report")
        or fields.get("return-path", "-").strip() == "<>"
    )


def _words(value: str) -> str:
    """A header of free words as a person reads it."""
    if "=?" in value:
        with suppress(HeaderParseError, LookupError, ValueError):
            value = str(make_header(decode_header(value)))
    return " ".join(_clean(value).split())[:LINE_KEPT]


def _clean(text: str) -> str:
    return text if text.isascii() and text.isprintable() else plain(text)
