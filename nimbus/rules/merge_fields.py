"""Merge fields in the copy of a campaign: `{{first_name}}`, or `{{first_name|there}}` with what stands in for nothing.

One pass over the copy, and no more: what a contact's value holds is text, whatever it looks like, and so is what
stands in for it. Nothing is computed.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from html import escape

LONGEST_COPY = 2_000_000  # characters, of the copy and of what it becomes for one contact
LONGEST_FIELD = 200  # characters between the braces
_OPENS, _CLOSES = "{{", "}}"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAMED = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)", re.IGNORECASE)
_HIDDEN = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of others, line and paragraph ends


class CopyKind(StrEnum):
    """Where copy stands, which says what a value must not do there."""

    SUBJECT = "subject"  # a header: no line ends
    TEXT = "text"
    HTML = "html"  # a value is never a tag, and stays inside an attribute that is quoted


class MergeError(ValueError):
    """The copy cannot be merged. A sentence that names the place, and `field`, the field's name where there is one."""

    def __init__(self, sentence: str, *, place: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.place, self.field = place, field


@dataclass(frozen=True, slots=True)
class MergeField:
    """A field in some copy. `fallback` stands in for a value that a contact does not have; None: there must be one."""

    name: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy that was read: text and fields in turn. `place` is what a sentence calls it, “the subject of step 2”."""

    parts: tuple[str | MergeField, ...]
    kind: CopyKind
    place: str

    @property
    def fields(self) -> list[str]:
        """The names of its fields, each once, in order."""
        return list(dict.fromkeys(part.name for part in self.parts if isinstance(part, MergeField)))


def read_copy(text: str, *, kind: CopyKind, place: str) -> Copy:
    """Read copy once, for any number of contacts; raises MergeError where braces hold no field, or it is too long."""
    if len(text) > LONGEST_COPY:
        raise MergeError(
            f"There is too much text in {place}: {len(text):,} characters, and {LONGEST_COPY:,} are the most.",
            place=place,
        )
    return Copy(tuple(part for part in _parts(text, place) if part), kind, place)


def field_names(text: str) -> set[str]:
    """The names of the fields in copy, which need not be readable."""
    return {name.lower() for name in _NAMED.findall(text)}


def check_fields(copy: Copy, known: Collection[str]) -> None:
    """Raise MergeError for the first field that no contact can have; `known` holds the names of those there are."""
    for name in copy.fields:
        if name not in known:
            raise _unknown(name, copy.place, known)


def merge(copy: Copy, values: Mapping[str, str]) -> str:
    """The copy for one contact, whose values are given by the names of all fields there are, empty where it has none.

    Raises MergeError for a field that is not among them, for one without a value and fallback, and for too much text.
    """
    filled: dict[MergeField, str] = {}  # each field once: a long text may hold one a hundred thousand times
    for part in copy.parts:
        if isinstance(part, MergeField) and part not in filled:
            filled[part] = _value(part, copy, values)
    merged = [part if isinstance(part, str) else filled[part] for part in copy.parts]
    # Counted before it is joined: a long value in a hundred thousand fields would fill the memory.
    if (size := sum(map(len, merged))) > LONGEST_COPY:
        raise MergeError(
            f"For this contact, {copy.place} becomes {size:,} characters long, and {LONGEST_COPY:,} are the most.",
            place=copy.place,
        )
    text = "".join(merged)
    return _on_one_line(text) if copy.kind == CopyKind.SUBJECT else text


def _parts(text: str, place: str) -> Iterator[str | MergeField]:
    at, fields = 0, dict[str, MergeField]()
    while (opens := text.find(_OPENS, at)) >= 0:
        yield text[at:opens]
        inside = opens + len(_OPENS)
        closes = text.find(_CLOSES, inside, inside + LONGEST_FIELD + len(_CLOSES))
        if closes < 0:
            beginning = _on_one_line(text[opens : opens + 30])
            raise MergeError(
                f"A field is not closed in {place}: “{beginning}…” needs two braces }}}}.", place=place
            )
        written = text[inside:closes]
        if written not in fields:
            fields[written] = _field(written, place)
        yield fields[written]
        at = closes + len(_CLOSES)
    yield text[at:]


def _field(inside: str, place: str) -> MergeField:
    name, bar, fallback = inside.partition("|")
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        shown = _on_one_line(inside)
        raise MergeError(
            f"“{{{{{shown}}}}}” in {place} is no field. Write a name of letters, digits and _, such as {{{{first_name}}}}.",
            place=place,
            field=shown,
        )
    return MergeField(name, fallback.strip() if bar else None)


def _value(field: MergeField, copy: Copy, values: Mapping[str, str]) -> str:
    if field.name not in values:
        raise _unknown(field.name, copy.place, values)
    value = values[field.name].strip() or field.fallback
    if value is None:
        raise MergeError(
            f"This contact has no {field.name}, which {copy.place} needs. Fill it in, or say what stands in for it: "
            f"{{{{{field.name}|…}}}}.",
            place=copy.place,
            field=field.name,
        )
    return _safe(value, copy.kind)


def _unknown(name: str, place: str, known: Collection[str]) -> MergeError:
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {{{{{near[0]}}}}}?" if near else ""
    return MergeError(
        f"There is no field {{{{{name}}}}}, and it stands in {place}.{hint}", place=place, field=name
    )


def _safe(value: str, kind: CopyKind) -> str:
    if kind == CopyKind.SUBJECT:
        return _on_one_line(value)
    plain = "".join(
        " " if unicodedata.category(char) in _HIDDEN and char not in "\n\t" else char for char in value
    )
    return escape(plain) if kind == CopyKind.HTML else plain


def _on_one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if unicodedata.category(char) in _HIDDEN else char for char in text)
