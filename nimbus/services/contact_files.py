"""Files of contacts below the data directory: kept while their import needs them, and read row by row."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from nimbus.errors import NimbusError
from nimbus.rules.contact_import import (
    LARGEST_FILE,
    LONGEST_LINE,
    MOST_COLUMNS,
    MOST_ROWS,
    NO_ADDRESS,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
)
from nimbus.rules.csv_columns import NoCsv, find_encoding, guess_delimiter, has_header
from nimbus.rules.csv_rows import CsvRow, read_rows
from nimbus.rules.sizes import in_words
from nimbus.security.private_files import sync_directory
from nimbus.settings import current_settings

_PIECE = 1024 * 1024  # bytes
_SAMPLE = 64 * 1024  # characters
_LOOKED_AT = 100  # rows, for an address


class FileRefused(NimbusError):
    """The file cannot be imported; a sentence says why, and what to do."""


class FileTooLarge(FileRefused):
    """The file is larger than any import."""

    def __init__(self) -> None:
        super().__init__(
            f"This file is larger than {in_words(LARGEST_FILE)}. Split it and import the parts one by one."
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read."""

    encoding: str
    delimiter: str
    has_header: bool


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was looked through: its name here, how it is to be read, and how many contacts' rows it has."""

    name: str
    layout: Layout
    rows: int


def keep_file(stream: IO[bytes]) -> KeptFile:
    """Keep what somebody sent, once it is a file of contacts; raises FileRefused, and then nothing of it is kept."""
    name = f"{secrets.token_hex(16)}.csv"
    path = path_of(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _copy(stream, path)
        layout = _layout(path)
        return KeptFile(name, layout, _count(path, layout))
    except NoCsv as problem:
        forget_file(name)
        raise FileRefused(str(problem)) from None
    except BaseException:
        forget_file(name)
        raise


def rows_of(name: str, layout: Layout) -> Iterator[CsvRow]:
    """The rows of a kept file, the one with its columns' titles left out; raises FileNotFoundError."""
    yield from islice(_all_rows(path_of(name), layout), int(layout.has_header), None)


def beginning_of(name: str, layout: Layout, most: int) -> tuple[list[str], list[list[str]]]:
    """The titles of a kept file's columns, empty where it has none, and its first rows; raises FileNotFoundError."""
    rows = [row.fields for row in islice(_all_rows(path_of(name), layout), most + int(layout.has_header))]
    return (rows[0], rows[1:]) if layout.has_header and rows else ([], rows)


def forget_file(name: str) -> None:
    """Delete a kept file; one that is not there is deleted already."""
    path_of(name).unlink(missing_ok=True)


def kept_files() -> list[Path]:
    """Every file that is there."""
    return sorted(path_of("x").parent.glob("*.csv"))


def path_of(name: str) -> Path:
    """Where a kept file is."""
    return current_settings().data_dir / "imports" / name


def _copy(stream: IO[bytes], path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := stream.read(_PIECE):
            if file.tell() + len(piece) > LARGEST_FILE:
                raise FileTooLarge
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def _layout(path: Path) -> Layout:
    with path.open("rb") as file:
        encoding = find_encoding(iter(partial(file.read, _PIECE), b""))
    with path.open(encoding=encoding, newline="") as text:
        sample = text.read(_SAMPLE)
    delimiter = guess_delimiter(sample)
    first = list(islice(read_rows(sample.splitlines(keepends=True), delimiter), _LOOKED_AT))
    if first and (width := len(first[0].fields)) > MOST_COLUMNS:
        raise FileRefused(TOO_MANY_COLUMNS.format(width, MOST_COLUMNS))
    if not any("@" in field for row in first for field in row.fields):
        raise FileRefused(NO_ADDRESS)
    return Layout(encoding, delimiter, has_header(first[0].fields))


def _count(path: Path, layout: Layout) -> int:
    rows = sum(1 for _ in islice(_all_rows(path, layout), MOST_ROWS + 2)) - int(layout.has_header)
    if rows > MOST_ROWS:
        raise FileRefused(TOO_MANY_ROWS)
    if not rows:
        raise FileRefused("This file has the names of its columns and no row below them.")
    return rows


def _all_rows(path: Path, layout: Layout) -> Iterator[CsvRow]:
    with path.open(encoding=layout.encoding, newline="") as file:
        yield from read_rows(iter(partial(file.readline, LONGEST_LINE), ""), layout.delimiter)
