"""Ids in addresses. One that no row can have is simply missing; a database would call it an error."""

from functools import partial

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

LARGEST_ID = 2**31 - 1  # what an INTEGER column of Postgres holds


def init_ids(app: Flask) -> None:
    """Let no argument of a route take what no row can have; to be called before the routes are added."""
    # Werkzeug only calls what it finds here, with the map and the rule's own arguments.
    app.url_map.converters["int"] = partial(IntegerConverter, max=LARGEST_ID)  # type: ignore[assignment]
    for name in ("default", "string"):
        app.url_map.converters[name] = _text  # type: ignore[assignment]


def _text(url_map: Map, *lengths: int, **options: int) -> UnicodeConverter:
    """Text of an address; with a NUL, which Postgres holds nowhere, it is missing as well."""
    converter = UnicodeConverter(url_map, *lengths, **options)
    converter.regex = converter.regex.replace("[^/]", r"[^/\x00]")
    return converter


def row_id(text: str) -> int:
    """An id from a query string; raises ValueError, which Flask's `args.get(type=…)` takes for nothing given."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number
