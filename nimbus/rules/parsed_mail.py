"""What is known of one message that came in, once its bytes have been read: plain values, all of them bounded.

Everything here is what a stranger wrote. It comes out of the reader's child process as JSON and is only ever looked at.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Self, TypeVar

LONGEST_TEXT = 1024 * 1024  # characters of the words that are kept, and of the HTML (`reliability.md` 5.1)
MOST_ADDRESSES = 1000  # of all headers together
LONGEST_LINE = 1000  # characters of a header's value, of an answer, of a file's name

Part = TypeVar("Part", bound="_Part")


class _Part:
    """What is made again from the JSON of its fields."""

    __slots__ = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        return cls(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        )


@dataclass(frozen=True, slots=True)
class Mailbox(_Part):
    """A name and an address, as a header has them; the address in lower case."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment(_Part):
    """A part that is not read: its name, its kind, and its bytes before decoding."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(_Part):
    """What a report says of one recipient; empty where it says nothing (RFC 3464 2.3).

    recipient: as the message was addressed, empty where nobody is named; final_recipient: where it went in the end. answer: the words of the server
    that did not take it, on one line. status: "5.1.1".
    """

    recipient: str
    final_recipient: str = ""
    action: str = ""
    status: str = ""
    answer: str = ""
    remote_host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport(_Part):
    """A report about delivery. found_by: the way in which the recipients were found, for a person to read.

    is_standard: it has the part that machines read (RFC 3464); else it was made out of words written for people.
    """

    found_by: str
    is_standard: bool
    failures: tuple[Failure, ...]
    reporter: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The report again, from its JSON."""
        return cls(**{**values, "failures": tuple(map(Failure.of, values["failures"]))})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackReport(_Part):
    """What somebody's feedback loop says (RFC 5965)."""

    feedback_type: str
    user_agent: str = ""
    recipients: tuple[str, ...] = ()
    sender: str = ""
    source_ip: str = ""
    incidents: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(_Part):
    """The headers of the message that came back with a report, as far as they were returned."""

    message_id: str = ""
    send_token: str = ""
    warmup_token: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class ParsedMail:
    """One message. `headers` has the first of each that a rule looks at, by its name in lower case.

    return_path: empty for <>, None where the header is missing. authentication_results: the topmost one only, and
    authserv_id whom it names. text: what it says in plain words, made from the HTML where there is nothing else.
    reply_text: the part of it that its author wrote just now. html: as it came; it must be cleaned before it is shown.
    size: bytes of the whole. is_cut: something was over a limit, and left out.
    """

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime | None = None
    return_path: str | None = None
    authentication_results: str = ""
    authserv_id: str = ""
    headers: Mapping[str, str]
    kind: str = "text/plain"
    text: str = ""
    reply_text: str = ""
    html: str = ""
    delivery: DeliveryReport | None = None
    feedback: FeedbackReport | None = None
    returned: Returned | None = None
    disposition: str = ""
    attachments: tuple[Attachment, ...] = ()
    size: int = 0
    is_cut: bool = False

    @cached_property
    def author(self) -> str:
        """The address that it is from, or nothing."""
        return self.sender[0].address if self.sender else ""

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """The Message-IDs that it says it answers, the nearest first."""
        return tuple(dict.fromkeys((*self.in_reply_to, *reversed(self.references))))

    def header(self, name: str) -> str:
        """The value of a header that rules look at; nothing where it is missing."""
        return self.headers.get(name, "")

    def to_json(self) -> str:
        """All of it as JSON."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_json)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The same message again. Raises ValueError, TypeError, KeyError or AttributeError where it is something else."""
        values = json.loads(text)
        date = values["date"]
        lists = {name: tuple(values[name]) for name in ("in_reply_to", "references")}
        people = {name: tuple(map(Mailbox.of, values[name])) for name in ("sender", "to", "cc", "reply_to")}
        return cls(
            **{
                **values,
                **lists,
                **people,
                "date": datetime.fromisoformat(date) if date else None,
                "delivery": _maybe(DeliveryReport, values["delivery"]),
                "feedback": _maybe(FeedbackReport, values["feedback"]),
                "returned": _maybe(Returned, values["returned"]),
                "attachments": tuple(map(Attachment.of, values["attachments"])),
            }
        )


def _maybe(kind: type[Part], values: Mapping[str, Any] | None) -> Part | None:
    return None if values is None else kind.of(values)


def _json(value: Any) -> Any:
    """By hand: the library's way copies every value first, which takes longer than reading the message."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {each.name: getattr(value, each.name) for each in fields(value)}
