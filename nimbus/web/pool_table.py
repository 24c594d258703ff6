"""The table of a pool: every inbox with every check, passed or the value that fails, page by page; now, or as a batch saw it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from nimbus.extensions import db
from nimbus.models.batch_queries import still_connected
from nimbus.rules.campaign_why import title_of
from nimbus.rules.eligibility import Code, Wanted

PER_PAGE = 50
_ORDER = {code: number for number, code in enumerate(Code)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One check of one inbox."""

    title: str
    passes: bool
    has: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Line:
    """One inbox; `account_id` is None where it has no page any more."""

    account_id: int | None
    address: str
    cells: Sequence[Cell]

    @property
    def failing(self) -> Cell | None:
        """The reason that is told."""
        return next((each for each in self.cells if not each.passes), None)


@dataclass(frozen=True, slots=True)
class PoolTable:
    """A page of the table, with the rule that it is narrowed to; the pager of the components reads it."""

    lines: Sequence[Line]
    titles: Sequence[tuple[Code, str]]
    rule: Code | None
    total: int
    page: int
    url: Callable[..., str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        return min(self.total, self.page * PER_PAGE)


# An inbox as the ledger keeps it: id, address, and [code, passes, has, asks, sentence] of each check.
Kept = Sequence[Any]


def pool_table(workspace_id: int, pool: Sequence[Kept], wanted: Wanted, url: Callable[..., str]) -> PoolTable:
    """The page that the request asks for. `url` makes the address for a rule and a page."""
    rule = request.args.get("rule", type=Code)
    chosen = [each for each in pool if rule is None or _fails(each, rule)]
    chosen.sort(key=_rank)
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = chosen[(page - 1) * PER_PAGE : page * PER_PAGE]
    there = still_connected(db.session(), workspace_id, [each[0] for each in shown])
    lines = [Line(each[0] if each[0] in there else None, each[1], _cells(each, wanted)) for each in shown]
    titles = [(code, title_of(code, wanted)) for code in Code]
    return PoolTable(lines, titles, rule, len(chosen), page, url)


def _cells(kept: Kept, wanted: Wanted) -> list[Cell]:
    return [
        Cell(title_of(Code(code), wanted), passes, has, sentence)
        for code, passes, has, _, sentence in kept[2]
    ]


def _fails(kept: Kept, rule: Code) -> bool:
    return any(code == rule and not passes for code, passes, *_ in kept[2])


def _rank(kept: Kept) -> tuple[int, int, str]:
    """Those that fail first, by the first check that they fail, those that fail fewest before the others."""
    failing = [_ORDER[Code(code)] for code, passes, *_ in kept[2] if not passes]
    return (failing[0] if failing else len(_ORDER), len(failing), kept[1])
