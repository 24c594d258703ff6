"""The `q` of messages.list: the operators that the product uses, and plain words."""

import re
import shlex
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from nimbus.sandbox import messages
from nimbus.sandbox.google_errors import ApiRefused
from nimbus.sandbox.world import Mailbox, Stored

_HIDDEN = frozenset({"SPAM", "TRASH"})
_AGE = re.compile(r"(\d+)([dmy])")
_DAYS = {"d": 1, "m": 30, "y": 365}
Test = Callable[[Stored], bool]


def found(
    mailbox: Mailbox, query: str, *, labels: Collection[str], with_hidden: bool, now: datetime
) -> list[Stored]:
    """The messages that fit, newest first. Spam and trash are left out unless the query or a label names them."""
    tests, named = [], set(labels)
    for term in _terms(query):
        operator, colon, value = term.partition(":")
        if colon and operator == "in":
            named.add(value.upper())
        elif colon:
            tests.append(_operator(operator, value, now))
        else:
            tests.append(_words(term))
    shows_all = with_hidden or "ANYWHERE" in named or named & _HIDDEN
    named.discard("ANYWHERE")
    return [
        stored
        for stored in reversed(mailbox.messages)
        if (shows_all or not stored.labels & _HIDDEN)
        and named <= stored.labels
        and all(test(stored) for test in tests)
    ]


def _terms(query: str) -> list[str]:
    try:
        return shlex.split(query)
    except ValueError:
        return query.split()


def _operator(operator: str, value: str, now: datetime) -> Test:
    """One operator; raises ApiRefused for one that is not played here, rather than finding the wrong thing."""
    match operator.lower():
        case "rfc822msgid":
            wanted = value.strip("<>")
            return lambda stored: stored.message_id.strip("<>") == wanted
        case "newer_than" if age := _AGE.fullmatch(value):
            since = now - timedelta(days=int(age[1]) * _DAYS[age[2]])
            return lambda stored: stored.arrived_at >= since
        case "after":
            moment = _moment(value)
            return lambda stored: stored.arrived_at >= moment
        case "before":
            moment = _moment(value)
            return lambda stored: stored.arrived_at < moment
        case "from" | "to" | "subject" as name:
            return lambda stored: value.lower() in messages.header(stored.headers, name).lower()
        case "is" if value in {"unread", "read"}:
            return lambda stored: ("UNREAD" in stored.labels) == (value == "unread")
    raise ApiRefused("invalidArgument", f"The practice world does not know {operator}:{value}")


def _moment(value: str) -> datetime:
    """Seconds since 1970, or a date written 2026/10/01."""
    try:
        if value.isdigit():
            return datetime.fromtimestamp(int(value), UTC)
        return datetime.strptime(value, "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError:
        raise ApiRefused("invalidArgument", f"Invalid date: {value}") from None


def _words(term: str) -> Test:
    wanted = term.lower().encode()
    return lambda stored: wanted in stored.raw.lower()
