"""The rows of a CSV file, one after the other, however broken some of them are: one that cannot be read costs only itself."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

MOST_LINES = 40  # of one row: what goes on for longer is a quotation mark that nobody closed


class CsvRow(NamedTuple):
    """A row that is not blank: the line it begins on, from 1, and its fields. `is_broken`: its quotation marks do not pair."""

    line: int
    fields: list[str]
    is_broken: bool = False


class _Endless(Exception):
    """A row takes more lines than a row has."""


class _Lines:
    """Lines, of which those of the row at hand can be taken back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.held: list[str] = []
        self.before = 0  # lines of the rows that are over

    def __iter__(self) -> Iterator[str]:
        held = self.held
        for line in chain(self._taken_back(), self._lines):
            held.append(line)
            if len(held) > MOST_LINES:
                raise _Endless
            yield line

    def _taken_back(self) -> Iterator[str]:
        while self._again:
            yield self._again.popleft()

    def end_row(self) -> None:
        """What was read belongs to a row that is whole."""
        self.before += len(self.held)
        self.held.clear()

    def keep_first(self) -> str:
        """Take all lines of this row back but the first, which is given."""
        first, *rest = self.held
        self._again.extendleft(reversed(rest))
        self.held[1:] = []
        self.end_row()
        return first


def read_rows(lines: Iterable[str], delimiter: str) -> Iterator[CsvRow]:
    """Every row of a file that is given with its line ends. NULs stay: they are for whoever reads the fields."""
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        try:
            for fields in reader:
                if any(fields):
                    yield CsvRow(source.before + 1, fields)
                source.end_row()
        except (csv.Error, _Endless):
            first = source.keep_first()
            yield CsvRow(source.before, first.rstrip("\r\n").split(delimiter), is_broken=True)
            reader = csv.reader(source, delimiter=delimiter, strict=True)
        else:
            return
