"""The rows of a CSV file, one after the other, however broken some of them are: one that cannot be read costs only itself."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
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
        self.number = 0  # of the line that was read last

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.held) >= MOST_LINES:
            raise _Endless
        line = self._again.popleft() if self._again else next(self._lines)
        self.held.append(line)
        self.number += 1
        return line

    def keep_first(self) -> str:
        """Take all lines of this row back but the first, which is given."""
        first, *rest = self.held
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        self.held = []
        return first


def read_rows(lines: Iterable[str], delimiter: str) -> Iterator[CsvRow]:
    """Every row of a file that is given with its line ends. NULs stay: they are for whoever reads the fields."""
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        try:
            for fields in reader:
                if any(fields):
                    yield CsvRow(source.number - len(source.held) + 1, fields)
                source.held = []
        except (csv.Error, _Endless):
            first = source.keep_first()
            yield CsvRow(source.number, first.rstrip("\r\n").split(delimiter), is_broken=True)
            reader = csv.reader(source, delimiter=delimiter, strict=True)
        else:
            return
