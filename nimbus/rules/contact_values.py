"""What a contact may hold: an address, names, fields of one's own, tags; and how a row of a file becomes one."""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nimbus.rules.csv_columns import EMAIL, FIRST_NAME, FIXED, LAST_NAME, LONGEST_NAME, TAGS
from nimbus.rules.merge_fields import NAME

LONGEST_VALUE = 1000  # characters
LONGEST_TAG, MOST_TAGS, MOST_FIELDS = 40, 20, 40
_TAG_ENDS = re.compile(r"[,;|]")
# An address as nearly all are: told at once. Whatever else may be one is looked at closely, which takes far longer.
_PLAIN = re.compile(
    r"[a-z0-9_+'-]+(?:\.[a-z0-9_+'-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,60}[a-z0-9]"
)
_TROUBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class BadValue(ValueError):
    """A value that a contact cannot hold; a sentence says why."""


class NewContact(NamedTuple):
    """What a row says of one contact. Names are empty where it says nothing."""

    email: str
    first_name: str
    last_name: str
    fields: dict[str, str]
    tags: tuple[str, ...]


def is_plain_address(text: str) -> bool:
    """Whether this is an address of the usual kind, in lower case; False says nothing yet."""
    return len(text) <= 254 and text.find("@") <= 64 and _PLAIN.fullmatch(text) is not None


def one_line(text: str) -> str:
    """A value without blanks around it; line ends in it are blanks. Raises BadValue for NULs, and what is too long."""
    text = text.strip()
    if not text.isprintable() and _TROUBLE.search(text):
        if "\0" in text:
            raise BadValue("It holds a NUL, a character that no text has.")
        text = " ".join(_TROUBLE.sub(" ", text).split())
    if len(text) > LONGEST_VALUE:
        raise BadValue(
            f"A value has {len(text):,} characters, and {LONGEST_VALUE:,} are the most: “{text[:40]}…”."
        )
    return text


def split_tags(text: str) -> tuple[str, ...]:
    """Tags that stand between commas, semicolons or bars, each once, in lower case; raises BadValue."""
    if not text:
        return ()
    tags = dict.fromkeys(one_line(tag).lower() for tag in _TAG_ENDS.split(text))
    tags.pop("", None)
    if too_long := next((tag for tag in tags if len(tag) > LONGEST_TAG), None):
        raise BadValue(f"A tag has {LONGEST_TAG} characters at most: “{too_long[:LONGEST_TAG]}…”.")
    if len(tags) > MOST_TAGS:
        raise BadValue(f"A contact has {MOST_TAGS} tags at most.")
    return tuple(tags)


def check_columns(columns: Sequence[str]) -> str | None:
    """What is wrong with the targets of a file's columns, in a sentence; None when contacts can be read with them."""
    chosen = [each for each in columns if each]
    if EMAIL not in chosen:
        return "Choose the column that holds the addresses."
    if twice := next((each for each in chosen if chosen.count(each) > 1), None):
        return f"Two columns go to “{FIXED.get(twice, twice)}”. Choose one of them."
    own = [each for each in chosen if each not in FIXED]
    if bad := next((each for each in own if not NAME.fullmatch(each)), None):
        return (
            f"“{bad[:LONGEST_NAME]}” cannot be the name of a field: use letters from a to z, digits and _, "
            f"{LONGEST_NAME} at most, a letter first."
        )
    return f"A contact has {MOST_FIELDS} fields of its own at most." if len(own) > MOST_FIELDS else None


@dataclass(frozen=True)
class RowReader:
    """Reads contacts from rows. `columns` are the targets of the file's columns, `address` tells an unusual address.

    `address` gives it as it is written to, or raises BadValue.
    """

    columns: Sequence[str]
    address: Callable[[str], str]
    _own: list[tuple[int, str]] = field(init=False)
    _fixed: list[int] = field(init=False)  # where the address, the names and the tags stand

    def __post_init__(self) -> None:
        places = {name: at for at, name in enumerate(self.columns) if name}
        beyond = sys.maxsize
        fixed = [places.get(name, beyond) for name in (EMAIL, FIRST_NAME, LAST_NAME, TAGS)]
        object.__setattr__(self, "_fixed", fixed)
        object.__setattr__(self, "_own", [(at, name) for name, at in places.items() if name not in FIXED])

    def read(self, row: Sequence[str]) -> NewContact:
        """The contact of a row; raises BadValue."""
        if len(row) > len(self.columns) and any(map(str.strip, row[len(self.columns) :])):
            raise BadValue(
                f"This row has {len(row)} columns, and the file has {len(self.columns)}. "
                "A value that holds the separator must stand in quotation marks."
            )
        width = len(row)
        email, first_name, last_name, tags = [row[at] if at < width else "" for at in self._fixed]
        return NewContact(
            self._address(email),
            one_line(first_name),
            one_line(last_name),
            {name: value for at, name in self._own if at < width and (value := one_line(row[at]))},
            split_tags(tags),
        )

    def _address(self, text: str) -> str:
        email = text.strip().lower()
        if is_plain_address(email):
            return email
        if not email:
            raise BadValue("There is no address in this row.")
        if _TROUBLE.search(email):
            raise BadValue("The address holds a line break or another character that cannot be seen.")
        return self.address(email)


def together(earlier: NewContact, later: NewContact) -> NewContact:
    """Two rows about one contact: what the later one says counts, and what only the earlier says stays."""
    return NewContact(
        earlier.email,
        later.first_name or earlier.first_name,
        later.last_name or earlier.last_name,
        {**earlier.fields, **later.fields},
        tuple(dict.fromkeys((*earlier.tags, *later.tags))),
    )


def merge_values(contact: NewContact, known: Iterable[str]) -> dict[str, str]:
    """What merge fields get of a contact; `known` names the fields that contacts here have, empty where this has none."""
    return {
        **dict.fromkeys(known, ""),
        **contact.fields,
        EMAIL: contact.email,
        FIRST_NAME: contact.first_name,
        LAST_NAME: contact.last_name,
    }
