"""Lines of a CSV file that a spreadsheet opens as text: RFC 4180, every field quoted, no field a formula."""

from collections.abc import Iterable

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")  # OWASP ASVS 5.0, 1.2.10


def csv_line(fields: Iterable[str]) -> str:
    """One line with its CR LF. A field that a spreadsheet would compute gets an apostrophe in front."""
    return ",".join(map(_quoted, fields)) + "\r\n"


def _quoted(field: str) -> str:
    text = f"'{field}" if field.startswith(_BEGINS_A_FORMULA) else field
    return '"' + text.replace('"', '""') + '"'
