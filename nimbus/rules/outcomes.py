"""How the last attempts of an inbox ended, in order: what its operations, a bounce burst and a probation are read from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

KEPT = 50  # attempts, and as many sends: a probation is decided within forty
KEPT_PRODUCTION = 20  # sends that a bounce burst is looked for in


class Stream(StrEnum):
    """What mail is sent for. Connection tests belong to neither stream."""

    PRODUCTION = "production"  # campaign mail and manual replies
    WARMUP = "warmup"


class Outcome(StrEnum):
    """How one attempt ended, as far as is known: a mail is clean until something is heard of it."""

    CLEAN = "clean"
    SOFT = "soft"  # it may go well later: soft bounces, throttles, connection and login errors
    PERMANENT = "permanent"  # refused for good by the receiving side, its blocks included
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send; `at` is when it was sent, not when its outcome was heard of."""

    at: datetime
    stream: Stream
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Operations:
    """Whether mail leaves at all: the soft failures among the last attempts."""

    failures: int = 0
    attempts: int = 0

    @property
    def failed_share(self) -> float:
        """0 to 1, starting at 1 % with the weight of ten attempts."""
        return (self.failures + 0.1) / (self.attempts + 10)


def operations(attempts: Sequence[Attempt]) -> Operations:
    """The operations of an inbox, from its attempts in order."""
    last = attempts[-KEPT:]
    return Operations(sum(attempt.outcome is Outcome.SOFT for attempt in last), len(last))


def sends(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts that settled a mail: one that fails softly is made again."""
    return [attempt for attempt in attempts if attempt.outcome is not Outcome.SOFT]


def kept(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those of an inbox's attempts, in order, that some rule still looks at."""
    settled = sends(attempts)
    production = [attempt for attempt in settled if attempt.stream is Stream.PRODUCTION]
    wanted = {*map(id, attempts[-KEPT:]), *map(id, settled[-KEPT:]), *map(id, production[-KEPT_PRODUCTION:])}
    return [attempt for attempt in attempts if id(attempt) in wanted]
