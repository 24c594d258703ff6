"""Whether every message that was asked for left once, or its doubt is shown: rows against the sink's own log."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from nimbus.rules.send_state import BY_A_PERSON, DONE, HELD, SendState
from tests.servers.sink import Accepted

LEFT = {SendState.SENT, SendState.AMBIGUOUS}  # counted in the budget for good
_MAY_BE_TAKEN = {
    SendState.SENT: {1},
    SendState.AMBIGUOUS: {0, 1},
    SendState.IN_DATA: {0, 1},
}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was promised, what the rows say, and what the sink has; all of it when everything should be over.

    `asked` are the ids that were given out once their rows were committed. `limits` are those of the day, by inbox.
    `doubts` is how often a message's fate was really unknown: deaths and silence between 354 and the answer read.
    `tested` are the messages of connection tests by inbox and day: they count in the day, and are not in `taken`.
    `heard` is how often it is kept of a send that it left, `counted` how many of those an inbox's health counts.
    """

    asked: Iterable[int]
    sends: list[Any]
    days: list[Any]
    hours: list[Any]
    limits: dict[int, int]
    taken: list[Accepted]
    doubts: int
    now: datetime
    tested: Counter[tuple[int, date]] = field(default_factory=Counter)
    heard: Counter[int]
    counted: Counter[int]

    @property
    def copies(self) -> Counter[str]:
        """How often the sink took each Message-ID."""
        return Counter(each.message_id for each in self.taken)

    @property
    def in_doubt(self) -> set[int]:
        """The sends that are ambiguous."""
        return {send.id for send in self.sends if send.state == SendState.AMBIGUOUS}


def nothing_is_lost(evidence: Evidence) -> Iterator[str]:
    """What was accepted from a person exists; what is called sent was taken, what is called failed was not."""
    for missing in set(evidence.asked) - {send.id for send in evidence.sends}:
        yield f"send {missing} was accepted and is not there"
    for send in evidence.sends:
        copies = evidence.copies[send.message_id] if send.message_id else 0
        if min(copies, 1) not in _MAY_BE_TAKEN.get(SendState(send.state), {0}):
            yield f"send {send.id} is {send.state} and the sink has {copies} of it"


def nothing_leaves_twice(evidence: Evidence) -> Iterator[str]:
    known = {send.message_id for send in evidence.sends}
    for message_id, copies in evidence.copies.items():
        if copies > 1:
            yield f"{message_id} was taken {copies} times"
        if message_id not in known:
            yield f"{message_id} was taken and no row has it"
    names = Counter(
        name for name, _ in {(each.send.partition(".")[0], each.message_id) for each in evidence.taken}
    )
    for name, ids in names.items():
        if ids > 1:
            yield f"{name} left under {ids} Message-IDs"


def every_send_ends(evidence: Evidence) -> Iterator[str]:
    """Sent, failed or ambiguous; only a day that is used up lets one wait, and says so."""
    used = Counter(send.account_id for send in evidence.sends if send.state in LEFT)
    used.update(account_id for account_id, _ in evidence.tested.elements())
    for send in evidence.sends:
        if send.state in DONE and send.finished_at is None:
            yield f"send {send.id} is {send.state} and never ended"
        full = used[send.account_id] >= evidence.limits[send.account_id]
        waits = send.state == SendState.QUEUED and full and send.due_at > evidence.now and send.reason
        if not waits and send.state not in DONE | {SendState.AMBIGUOUS}:
            yield f"send {send.id} is {send.state}, due {send.due_at}, because {send.reason!r}"


def no_day_is_over_its_limit(evidence: Evidence) -> Iterator[str]:
    """As the rows count and as the sink does, which tells the day of a message by its row alone."""
    of_machines = [send for send in evidence.sends if send.kind not in BY_A_PERSON]
    rows = Counter((send.account_id, send.day) for send in of_machines if send.state in LEFT | HELD)
    whose = {send.message_id: (send.account_id, send.day) for send in of_machines if send.message_id}
    sink = Counter(whose[each.message_id] for each in evidence.taken if each.message_id in whose)
    for counted, by in ((rows, "rows"), (sink, "the sink")):
        for (account_id, day), count in counted.items():
            if count + evidence.tested[account_id, day] > evidence.limits[account_id]:
                limit = evidence.limits[account_id]
                yield f"inbox {account_id} has {count} of {limit} on {day}, says {by}"


def ledger_equals_rows(evidence: Evidence) -> Iterator[str]:
    sends = evidence.sends
    counted = {
        "sent": Counter((send.account_id, send.day) for send in sends if send.state in LEFT)
        + evidence.tested,
        "reserved": Counter((send.account_id, send.day) for send in sends if send.state in HELD),
        "used": Counter((send.account_id, send.hour) for send in sends if send.state in LEFT | HELD),
    }
    noted = {
        "sent": Counter({(day.account_id, day.day): day.sent for day in evidence.days}),
        "reserved": Counter({(day.account_id, day.day): day.reserved for day in evidence.days}),
        "used": Counter({(hour.account_id, hour.hour): hour.used for hour in evidence.hours}),
    }
    for name, rows in counted.items():
        for key in rows.keys() | noted[name].keys():
            if rows[key] != noted[name][key]:
                yield f"{name} of inbox {key[0]} on {key[1]}: {noted[name][key]} noted, {rows[key]} rows"


def what_left_is_heard_of_once(evidence: Evidence) -> Iterator[str]:
    """For the health of its inbox; counting comes later, and never twice."""
    inboxes: Counter[int] = Counter()
    for send in evidence.sends:
        facts = evidence.heard[send.id]
        inboxes[send.account_id] += facts
        if facts > 1 or (send.state in LEFT and not facts):
            yield f"send {send.id} is {send.state}, and its inbox heard of it {facts} times"
    for account_id, count in evidence.counted.items():
        if count > inboxes[account_id]:
            yield f"inbox {account_id} counts {count} of {inboxes[account_id]}"


def doubt_is_bounded(evidence: Evidence) -> Iterator[str]:
    if len(evidence.in_doubt) > evidence.doubts:
        yield f"{len(evidence.in_doubt)} are ambiguous after {evidence.doubts} doubts"


Invariant = Callable[[Evidence], Iterator[str]]
INVARIANTS: tuple[Invariant, ...] = (
    nothing_is_lost,
    nothing_leaves_twice,
    every_send_ends,
    no_day_is_over_its_limit,
    ledger_equals_rows,
    what_left_is_heard_of_once,
    doubt_is_bounded,
)


def verdict(evidence: Evidence) -> dict[str, list[str]]:
    """Name of each invariant that does not hold, with the reasons."""
    found = {invariant.__name__: list(invariant(evidence)) for invariant in INVARIANTS}
    return {name: reasons for name, reasons in found.items() if reasons}
