"""Which eligible inbox goes first (`deliverability.md` 8.2), and what a pool's checks add up to where none may send."""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from nimbus.rules.eligibility import Candidate, Check, Code, Wanted, check, first_failing
from nimbus.rules.score_parts import PRIOR

BAND = 10  # points of the health score that count alike
NEAR = 2  # points below the floor that are called near
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An eligible inbox as the order sees it. `free_at` is the moment from which it may take its next message."""

    account_id: int
    priority: int  # 1 to 1000, lower goes first
    score: int | None
    sent_today: int
    budget: int  # today's number, without what warmup keeps
    last_used_at: datetime | None
    free_at: datetime

    def used(self, at: datetime, free_at: datetime) -> "Standing":
        """The same inbox after one more message."""
        return replace(self, sent_today=self.sent_today + 1, last_used_at=at, free_at=free_at)


_Key = tuple[datetime, int, int, float, datetime, int]


def order_key(inbox: Standing) -> _Key:
    """What inboxes are sorted by: free first, priority, ten-point band, used share, least recently used, id."""
    score = PRIOR if inbox.score is None else inbox.score
    share = inbox.sent_today / inbox.budget if inbox.budget else math.inf
    return (
        inbox.free_at,
        inbox.priority,
        -math.floor(score / BAND),
        share,
        inbox.last_used_at or _LONG_AGO,
        inbox.account_id,
    )


class Rotation:
    """The eligible inboxes of a batch, kept ordered: finding the first costs the logarithm of the pool and no more."""

    def __init__(self, inboxes: Iterable[Standing]) -> None:
        self._now = {each.account_id: each for each in inboxes}
        self._heap: list[_Key] = [order_key(each) for each in self._now.values()]
        heapq.heapify(self._heap)

    def first(self, before: datetime) -> Standing | None:
        """The inbox whose turn it is, None where none is free before this moment."""
        while self._heap:
            inbox = self._now.get(self._heap[0][-1])
            if inbox is not None and order_key(inbox) == self._heap[0]:
                return inbox if inbox.free_at < before else None
            heapq.heappop(self._heap)
        return None

    def find(self, account_id: int) -> Standing | None:
        """One inbox as it stands now, None where it has left."""
        return self._now.get(account_id)

    def put(self, inbox: Standing) -> None:
        """An inbox as it stands from now on."""
        self._now[inbox.account_id] = inbox
        heapq.heappush(self._heap, order_key(inbox))

    def leave(self, account_id: int) -> None:
        """Give an inbox nothing more."""
        self._now.pop(account_id, None)

    @property
    def inboxes(self) -> list[Standing]:
        """Those that have not left."""
        return list(self._now.values())


class Left(NamedTuple):
    """How many inboxes of a pool are left after a check and all before it, and how many it took out."""

    code: Code
    left: int
    out: int


def funnel(pool: Sequence[Sequence[Check]]) -> list[Left]:
    """The inboxes that are left after each check, in the order of the checks."""
    out = histogram(pool)
    left, steps = len(pool), []
    for code in Code:
        left -= out.get(code, 0)
        steps.append(Left(code, left, out.get(code, 0)))
    return steps


def histogram(pool: Iterable[Sequence[Check]]) -> dict[Code, int]:
    """How many inboxes each check is the first to refuse; eligible ones are in none."""
    first = Counter(failing.code for checks in pool if (failing := first_failing(checks)))
    return {code: first[code] for code in Code if first[code]}


def costliest(reasons: Mapping[Code, int]) -> Code | None:
    """The check that takes out most, the earlier of equals; None where none takes out any."""
    order = list(Code)
    return min(
        (code for code in reasons if reasons[code]),
        key=lambda code: (-reasons[code], order.index(code)),
        default=None,
    )


def near_misses(pool: Iterable[Candidate], floor: int) -> list[Candidate]:
    """The inboxes whose score is NEAR points below the floor at most, the nearest first, with the score that counts."""
    near = [replace(each, score=_score(each)) for each in pool if floor - NEAR <= _score(each) < floor]
    return sorted(near, key=lambda each: (-_score(each), each.inbox))


class WhatIf(NamedTuple):
    """What another floor would change: that many more (or fewer) inboxes could send, and so many sends today."""

    inboxes: int
    sends: int


def what_if(pool: Sequence[Candidate], wanted: Wanted, floor: int) -> WhatIf:
    """What another floor would change now, all else as it is. Changes nothing."""
    now, then = (_able(pool, each) for each in (wanted, replace(wanted, floor=floor)))
    return WhatIf(len(then) - len(now), sum(map(_room, then)) - sum(map(_room, now)))


def room_today(pool: Sequence[Candidate], wanted: Wanted) -> int:
    """How many messages of a campaign the eligible inboxes can still take today."""
    return sum(map(_room, _able(pool, wanted)))


def _able(pool: Sequence[Candidate], wanted: Wanted) -> list[Candidate]:
    return [each for each in pool if first_failing(check(each, wanted)) is None]


def _room(inbox: Candidate) -> int:
    today = inbox.todays_limit - inbox.sent_today - inbox.warmup_hold
    return max(0, min(today, inbox.provider_cap - inbox.sent_in_24_hours))


def _score(inbox: Candidate) -> int:
    return round(PRIOR) if inbox.score is None else inbox.score
