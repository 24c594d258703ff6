"""What a rule asks of DNS, and what may come back. Rules do no look-ups: they yield questions and are sent the answers.

Every text is one that somebody else published: bounded and stripped of control characters by whoever fetched it, and
still to be escaped by whoever shows it.
"""

import ipaddress
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeVar

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Kind(StrEnum):
    """The types of record that are asked for."""

    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    TXT = "TXT"
    PTR = "PTR"


class Question(NamedTuple):
    """A name, in lower case and without a final dot, and a type."""

    name: str
    kind: Kind


class Outcome(StrEnum):
    """Five different ends of a question. Only the two in the middle say that something is missing."""

    FOUND = "found"
    NO_DATA = "no_data"  # the name exists, and has nothing of this type
    NO_NAME = "no_name"  # NXDOMAIN: the name does not exist, nor anything below it
    FAILED = "failed"  # SERVFAIL, a refusal, or an answer that is no answer
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Answer:
    """Records as text: addresses; "10 mx.acme.test" for MX; the joined strings of each TXT. `ttl` in seconds."""

    outcome: Outcome
    records: tuple[str, ...] = ()
    ttl: int = 0

    @property
    def is_missing(self) -> bool:
        """Whether the record is certainly not there."""
        return self.outcome in {Outcome.NO_DATA, Outcome.NO_NAME}

    @property
    def is_unknown(self) -> bool:
        """Whether the name servers did not say."""
        return self.outcome in {Outcome.FAILED, Outcome.TIMED_OUT}


Result = TypeVar("Result")
# A rule that needs look-ups: it yields questions to be asked together, and is sent their answers in the same order.
Asking = Generator[Sequence[Question], Sequence[Answer], Result]


def addresses_of(name: str) -> Asking[tuple[tuple[IPAddress, ...], bool]]:
    """The addresses of a name, and whether some may be missing because a name server did not say."""
    answers = yield (Question(name, Kind.A), Question(name, Kind.AAAA))
    found = [address for answer in answers for record in answer.records if (address := as_address(record))]
    return tuple(found), any(answer.is_unknown for answer in answers)


def as_address(text: str) -> IPAddress | None:
    """The address that a text spells; None for anything else."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def tags_of(text: str) -> list[tuple[str, str]] | None:
    """The tags of a list such as "v=DMARC1; p=none", in order, names in lower case; None where it is no such list."""
    parts = [part.strip() for part in text.split(";")]
    if parts and not parts[-1]:
        parts.pop()
    pairs = [part.partition("=") for part in parts]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        return None
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def is_below(name: str, parent: str) -> bool:
    """Whether a name is its parent or lies below it."""
    return name == parent or name.endswith(f".{parent}")
