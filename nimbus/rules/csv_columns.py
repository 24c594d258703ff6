"""What a CSV file of contacts is written in, and what its columns seem to hold. All of it can be chosen otherwise."""

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

EMAIL, FIRST_NAME, LAST_NAME, TAGS = "email", "first_name", "last_name", "tags"
FIXED = {EMAIL: "Address", FIRST_NAME: "First name", LAST_NAME: "Last name", TAGS: "Tags"}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AS_CSV = "Save it there as CSV (UTF-8), and choose that file."
_NO_TEXT = {
    b"PK\x03\x04": f"This is an Excel workbook or another packed file, not a CSV file. {_AS_CSV}",
    b"\xd0\xcf\x11\xe0": f"This is an old Excel file, not a CSV file. {_AS_CSV}",
    b"%PDF": "This is a PDF, not a CSV file. Export the list as CSV where it comes from.",
}
_HEAD = 4096  # bytes that are looked at for what the file is
_SAMPLE_ROWS = 50
# What columns are called in the exports of mail clients, spreadsheets and sales tools, without blanks and signs.
_CALLED = {
    EMAIL: "email emailaddress mail mailaddress address emailadresse epost correo courriel adressemail emailwork workemail primaryemail email1value e",
    FIRST_NAME: "firstname first givenname forename vorname prenom nombre fname",
    LAST_NAME: "lastname last surname familyname nachname nom apellido apellidos lname",
    TAGS: "tags tag labels label groups",
}
_TARGETS = {name: target for target, names in _CALLED.items() for name in names.split()}
LONGEST_NAME = 40


class NoCsv(ValueError):
    """A file that holds no contacts that could be read; a sentence says what it is and what to do."""


def find_encoding(chunks: Iterable[bytes]) -> str:
    """Which of ENCODINGS the whole of a file is written in, read once; raises NoCsv for what is no text."""
    pieces = iter(chunks)
    head = next(pieces, b"")
    if not head.strip():
        raise NoCsv("This file is empty.")
    encoding = _first_guess(head)
    decoders = {name: codecs.getincrementaldecoder(name)() for name in dict.fromkeys((encoding, "cp1252"))}
    if encoding != "utf-8":
        decoders = {encoding: decoders[encoding]}
    for piece in _and_the_end(head, pieces):
        for name, decoder in list(decoders.items()):
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                del decoders[name]
        if not decoders:
            raise NoCsv(
                f"The letters of this file cannot be read: it is neither UTF-8 nor UTF-16 nor Windows-1252. {_AS_CSV}"
            )
    return next(iter(decoders))


def guess_delimiter(sample: str) -> str:
    """The sign between columns, by the first lines: the one with which most rows have equally many columns."""
    lines = sample.splitlines()[:_SAMPLE_ROWS]

    def fits(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in _rows(lines, delimiter) if row)
        width, rows = max(widths.items(), key=lambda each: (each[1], each[0]), default=(1, 0))
        return (rows, width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fits)  # the first of equals: a comma where nothing separates anything


def has_header(first: Sequence[str]) -> bool:
    """Whether a file's first row names its columns: it does where it holds no address."""
    return not any("@" in field for field in first)


def guess_columns(header: Sequence[str]) -> list[str]:
    """For each column one of FIXED, or the name of a field of one's own; empty for one that is left out.

    No target twice: the first column that fits has it.
    """
    taken: set[str] = set()
    guesses = []
    for title in header:
        target = _TARGETS.get(re.sub(r"[\W_]+", "", _plain(title)), "") or field_name(title)
        guesses.append("" if target in taken else target)
        taken.add(target)
    return guesses


def guess_without_header(rows: Sequence[Sequence[str]]) -> list[str]:
    """The same for a file that names no columns: the one with addresses, and nothing of the others."""
    width = max(map(len, rows), default=0)
    at_signs = [sum("@" in row[column] for row in rows if column < len(row)) for column in range(width)]
    best = at_signs.index(max(at_signs)) if any(at_signs) else -1
    return [EMAIL if column == best else "" for column in range(width)]


def field_name(title: str) -> str:
    """A column's title as the name of a field, “Job title” as job_title; empty where nothing is left of it."""
    name = re.sub(r"[^a-z0-9]+", "_", _plain(title)).strip("_")[:LONGEST_NAME].strip("_")
    return f"field_{name}"[:LONGEST_NAME] if name[:1].isdigit() else name


def _plain(title: str) -> str:
    """In lower case, without accents."""
    letters = unicodedata.normalize("NFKD", title.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _first_guess(head: bytes) -> str:
    for beginning, sentence in _NO_TEXT.items():
        if head.startswith(beginning):
            raise NoCsv(sentence)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    head = head[:_HEAD]
    # Text of our kind in UTF-16 is a NUL in every other place.
    if head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    if sum(byte < 32 and byte not in b"\t\n\r" for byte in head) > len(head) // 10:
        raise NoCsv(f"This is no text file: it holds characters that no text has. {_AS_CSV}")
    return "utf-8"


def _and_the_end(head: bytes, pieces: Iterable[bytes]) -> Iterable[bytes]:
    yield head
    yield from filter(None, pieces)
    yield b""


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []
