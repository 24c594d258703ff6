"""The query options of a list of messages: $filter, $orderby, $top, $skip, as far as Graph takes them here."""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_shapes import moment
from nimbus.sandbox.world import Stored

Test = Callable[[Stored], bool]
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
_CLAUSE = re.compile(r"(?P<name>[\w/]+) (?P<how>eq|ne|ge|gt|le|lt) (?P<value>'(?:[^']|'')*'|\S+)")
_AND = re.compile(r"(?i) and ")
_TIMES = ("receivedDateTime", "sentDateTime")
_LONGEST = 1000  # of a page


def read_filter(given: str) -> tuple[list[str], Test]:
    """The properties that a $filter names, in order, and its test: clauses joined by `and`."""
    names, tests = [], []
    rest = given.strip()
    while rest:
        clause = _CLAUSE.match(rest)
        if clause is None:
            raise GraphRefused(
                "ErrorInvalidUrlQueryFilter", "The query filter contains an unknown expression."
            )
        names.append(clause["name"])
        tests.append(_test(clause["name"], clause["how"], clause["value"]))
        rest = rest[clause.end() :]
        joint = _AND.match(rest)
        if rest and (joint is None or joint.end() == len(rest)):
            raise GraphRefused(
                "ErrorInvalidUrlQueryFilter", "The query filter contains an unknown expression."
            )
        rest = rest[joint.end() :] if joint else ""
    return names, lambda stored: all(test(stored) for test in tests)


def newest_first(given: str, filtered: list[str]) -> bool:
    """The direction of $orderby. Whatever orders must come first in the filter, if there is one."""
    name, _, direction = (given or "receivedDateTime desc").strip().partition(" ")
    if name not in _TIMES or direction.lower() not in {"", "asc", "desc"}:
        raise GraphRefused("ErrorInvalidUrlQuery", "The query orders by something that it cannot.")
    if given and filtered and filtered[0] != name:
        message = "The restriction or sort order is too complex for this operation."
        raise GraphRefused("InefficientFilter", message)
    return direction.lower() == "desc"


def whole_number(given: str | None, usual: int) -> int:
    """The value of $top, $skip or odata.maxpagesize."""
    if given is None:
        return usual
    if not given.isdigit():
        raise GraphRefused("BadRequest", "Invalid value for a query option: a whole number is expected.")
    return min(int(given), _LONGEST)


def _test(name: str, how: str, value: str) -> Test:
    compare = _COMPARED[how]
    if name in _TIMES:
        then = moment(_moment(value))
        return lambda stored: compare(moment(stored.arrived_at), then)
    text = value[1:-1].replace("''", "'") if value.startswith("'") else ""
    if name == "internetMessageId":
        return lambda stored: compare(stored.message_id, text)
    if name == "isRead":
        return lambda stored: compare("UNREAD" not in stored.labels, value.lower() == "true")
    raise GraphRefused("ErrorInvalidUrlQueryFilter", f"The property {name} cannot be filtered by.")


def _moment(value: str) -> datetime:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise GraphRefused("BadRequest", f"Unrecognized DateTimeOffset '{value}'.")
    return when
