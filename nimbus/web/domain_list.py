"""The list of sending domains as its page shows it: narrowed, sorted and cut into pages."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.rules.domain_status import WORDS, DomainStatusKey
from nimbus.services.domain_pages import DomainLine, list_domains
from nimbus.web.domain_view import status_of, ticks_of
from nimbus.web.ids import row_id

PER_PAGE = 50
_SORTS: dict[str, Callable[[DomainLine], Any]] = {
    "domain": lambda line: line.domain.name,
    "inboxes": lambda line: line.inboxes,
    "score": lambda line: line.domain.score,
    "checked": lambda line: line.domain.checked_at,
}
_DEFAULTS = {"sort": "status", "direction": "asc", "page": 1}


class ListedDomain:
    """One row of the list."""

    def __init__(self, line: DomainLine) -> None:
        self.name = line.domain.name
        self.score = line.domain.score
        self.checked_at = line.domain.checked_at
        self.is_public = line.domain.is_public_provider
        self.inboxes = line.inboxes
        self.is_pending = line.is_pending
        self.status = status_of(line)
        self.ticks = ticks_of(line)


@dataclass(frozen=True, slots=True)
class DomainQuery:
    """One view of the list. Doubtful values in the address fall back to the usual ones."""

    q: str = ""
    status: str = ""
    sort: str = "status"
    direction: str = "asc"
    page: int = 1

    @classmethod
    def read(cls, asked: MultiDict[str, str]) -> "DomainQuery":
        """What an address asks for."""
        status = asked.get("status", "")
        return cls(
            q=asked.get("q", "").replace("\0", "").strip()[:253],
            status=status if status in list(DomainStatusKey) else "",
            sort=asked.get("sort", "") if asked.get("sort") in _SORTS else "status",
            direction="desc" if asked.get("direction") == "desc" else "asc",
            page=asked.get("page", 1, type=row_id),
        )

    def values(self, **changes: object) -> dict[str, Any]:
        """The parts of the address, some of them changed; None and usual values are left out."""
        values = {
            "q": self.q,
            "status": self.status,
            "sort": self.sort,
            "direction": self.direction,
            "page": self.page,
        }
        values |= changes
        return {name: value for name, value in values.items() if value and value != _DEFAULTS.get(name)}

    def takes(self, line: DomainLine) -> bool:
        """Whether a domain was asked for. Every word has to stand in its name."""
        is_found = all(word in line.domain.name for word in self.q.lower().split())
        return is_found and self.status in {"", line.status.key}

    def sorted(self, lines: list[DomainLine]) -> list[DomainLine]:
        """Lines that come worst first, in the order that was asked for; what is not known goes last either way."""
        is_turned = self.direction == "desc"
        if self.sort == "status":
            return lines[::-1] if is_turned else lines
        key = _SORTS[self.sort]
        known = sorted((line for line in lines if key(line) is not None), key=key, reverse=is_turned)
        return known + [line for line in lines if key(line) is None]


class DomainList:
    """One view of the list; `pending` counts the checks that are under way or wait for a worker."""

    def __init__(self, workspace_id: int, asked: MultiDict[str, str]) -> None:
        self.query = DomainQuery.read(asked)
        every = list_domains(db.session(), workspace_id, now())
        self.all_total = len(every)
        self.own_total = sum(not line.domain.is_public_provider for line in every)
        self.pending = sum(line.is_pending for line in every)
        self.counts = _counts(every)
        found = self.query.sorted([line for line in every if self.query.takes(line)])
        self.total = len(found)
        self.pages = max(1, ceil(self.total / PER_PAGE))
        self.page = min(self.query.page, self.pages)
        before = (self.page - 1) * PER_PAGE
        self.rows = [ListedDomain(line) for line in found[before : before + PER_PAGE]]
        self.first = before + 1 if self.rows else 0
        self.last = before + len(self.rows)

    def url(self, **changes: object) -> str:
        """The list's address with some values changed."""
        return url_for("domains.index", **self.query.values(**changes))

    @property
    def poll(self) -> str:
        """When the list asks again: soon while checks are to come, else as the other lists do."""
        return "every 2s" if self.pending else "nimbus:tick from:body"


def _counts(lines: list[DomainLine]) -> list[tuple[str, str, int]]:
    """(key, word, count): all domains first, under an empty key, then the states there are, worst first."""
    counted = Counter(line.status.key for line in lines)
    states = [(key.value, WORDS[key][0], counted[key]) for key in DomainStatusKey if counted[key]]
    return [("", "All", len(lines)), *states]
