"""Keeping the last attempts of an inbox in order while news of them comes in late, twice or out of order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from nimbus.rules.inbox_events import ATTEMPTS, EventKind
from nimbus.rules.outcomes import Attempt, Outcome, Stream, kept


class Recent(NamedTuple):
    """An attempt, and the message that it was for; None where that could not be told."""

    send_id: int | None
    attempt: Attempt


class Heard(NamedTuple):
    """Something that was heard of a message; `at` is when that was sent."""

    kind: EventKind
    send_id: int | None
    at: datetime
    stream: Stream


_OUTCOMES = {
    EventKind.SENT: Outcome.CLEAN,
    EventKind.PERMANENT: Outcome.PERMANENT,
    EventKind.COMPLAINT: Outcome.COMPLAINT,
}


def remembered(before: Iterable[Recent], news: Iterable[Heard]) -> list[Recent]:
    """The attempts after the news, oldest first, as many as some rule still looks at.

    What is heard of a message that is not among them any more comes too late to matter here.
    """
    attempts = list(before)
    places = {
        each.send_id: place
        for place, each in enumerate(attempts)
        if each.send_id is not None and each.attempt.outcome is not Outcome.SOFT
    }
    for kind, send_id, at, stream in news:
        if kind in ATTEMPTS:
            attempts.append(Recent(send_id, Attempt(at, stream, Outcome.SOFT)))
        elif kind in _OUTCOMES:
            attempt = Attempt(at, stream, _OUTCOMES[kind])
            if send_id in places:
                if kind is not EventKind.SENT:
                    attempts[places[send_id]] = Recent(send_id, attempt)
            elif kind is EventKind.SENT or send_id is None:
                if send_id is not None:
                    places[send_id] = len(attempts)
                attempts.append(Recent(send_id, attempt))
    return _kept(sorted(attempts, key=lambda each: each.attempt.at))


def _kept(attempts: Sequence[Recent]) -> list[Recent]:
    wanted = {id(attempt) for attempt in kept([each.attempt for each in attempts])}
    return [each for each in attempts if id(each.attempt) in wanted]
