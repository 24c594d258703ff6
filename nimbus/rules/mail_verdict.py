"""What a message that came in is, and why: the values that classification takes and gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.send_answer_kinds import Category


class MailKind(StrEnum):
    """What a message is; each is one of these. Kept with the message: the values never change."""

    TEST = "test"
    WARMUP = "warmup"
    SENT = "sent"  # what this installation has sent itself
    COMPLAINT = "complaint"  # a feedback loop's report
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    REPLY = "reply"
    UNMATCHED = "unmatched"  # of a person, about nothing that was sent from here


class NamedBy(StrEnum):
    """How the message of ours was found that another one is about."""

    MESSAGE_ID = "message_id"
    TOKEN = "token"  # noqa: S105 - the mark that every message of ours carries, or that of its way to unsubscribe
    ADDRESS = "address"  # only by whom it was for: anybody could have written that


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A message that left from here: for whom, when, and how it was found."""

    recipient: str
    sent_at: datetime
    named_by: NamedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What is known here of a message. own: what of ours it is itself, its signature verified; sent: what it is about.

    received_at: when the mailbox got it, by its own server's clock. asks_to_stop: it was written by the link of a
    List-Unsubscribe header of ours, for it carries that link's token.
    """

    received_at: datetime
    own: MailKind | None = None
    sent: SentMail | None = None
    asks_to_stop: bool = False


class Fact(NamedTuple):
    """Something that was seen, for a person to read: "Auto-Submitted", "auto-replied"."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """What a bounce says of one recipient, whose address is empty where it names nobody. decided_by: the code or the words that made the category."""

    recipient: str
    final_recipient: str = ""
    category: Category
    is_final: bool  # False while the server goes on trying
    status: str = ""
    answer: str = ""
    decided_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a message is. rule: which rule decided; facts: what it saw.

    counts: whether it may change anything about a contact or an inbox, for it is about a message that was sent from
    here. bounced: the recipients of a bounce; the first is the one that is meant by `sent`. back_on: the first day on
    which somebody who is away can be written to again, where the message says it. has_left: nobody reads that mailbox
    any more. confidence: 0 to 1.
    """

    kind: MailKind
    reply_class: ReplyClass | None
    rule: str
    facts: tuple[Fact, ...] = ()
    counts: bool = False
    bounced: tuple[Bounced, ...] = ()
    back_on: date | None = None
    has_left: bool = False
    confidence: float = 1.0


def shown(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Facts with a value, each short enough for a line of a page."""
    return tuple(Fact(name, " ".join(value.split())[:200]) for name, value in facts if value.strip())
