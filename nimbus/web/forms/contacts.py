"""The forms about contacts: a file and its book, what its columns hold, one contact, and the suppression list."""

from collections.abc import Iterable, Mapping, Sequence

from wtforms import FileField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from nimbus.models.contact_queries import BookRow
from nimbus.rules.contact_import import Duplicates
from nimbus.rules.contact_values import LONGEST_VALUE
from nimbus.rules.csv_columns import FIRST_NAME, FIXED, LAST_NAME, TAGS, field_name
from nimbus.web.forms.base import PlainForm, TextLine
from nimbus.web.ids import row_id

_OWN = "own-"  # before the name of a contact's own field, so that none meets a field of the form


class UploadForm(PlainForm):
    """A file, and the book that its contacts go to."""

    file = FileField("CSV file")
    book = SelectField("Address book", validate_choice=False)
    new_book = TextLine("Name of a new address book", longest=100)

    def offer(self, books: Iterable[BookRow]) -> None:
        """Offer these books, and a new one before them."""
        self.book.choices = [
            SelectChoice("", "A new one"),
            *(SelectChoice(str(book.id), book.name) for book in books),
        ]

    @property
    def book_id(self) -> int | None:
        """The chosen book; None for a new one. An id that no row can have is one that is not there."""
        try:
            return row_id(self.book.data) if self.book.data else None
        except ValueError:
            return 0


class ColumnsForm(PlainForm):
    """What a file's columns hold. They are fields `column-0`, `column-1` …, as many as the file has."""

    duplicates = RadioField(
        "Contacts that are here already",
        choices=[
            SelectChoice(Duplicates.UPDATE, "Update them with what the file says"),
            SelectChoice(Duplicates.SKIP, "Leave them as they are, and only put them into the address book"),
        ],
        default=Duplicates.UPDATE,
    )
    tags = TextLine("Tags for every contact of this file", longest=LONGEST_VALUE)


def offered_targets(guessed: Sequence[str], titles: Sequence[str]) -> list[list[tuple[str, str]]]:
    """For each column what it may go to, (value, words): nowhere, what every contact has, or a field of its own."""
    offered = []
    for number, (target, title) in enumerate(zip(guessed, titles, strict=False), start=1):
        own = target if target and target not in FIXED else own_name(title, number)
        offered.append([("", "Leave out"), *FIXED.items(), (own, f"Field “{own}”")])
    return offered


def own_name(title: str, number: int) -> str:
    """The name of a field for a column, made of its title or else of its number."""
    name = field_name(title)
    return f"column_{number}" if not name or name in FIXED else name


class ContactForm(PlainForm):
    """One contact. Its own fields are added to the class for each contact: see `contact_form`."""

    first_name = TextLine("First name", longest=LONGEST_VALUE)
    last_name = TextLine("Last name", longest=LONGEST_VALUE)
    tags = TextLine("Tags", longest=LONGEST_VALUE, description="Commas stand between them.")

    def values(self) -> dict[str, str]:
        """Names and own fields, as a contact has them."""
        own = {
            name.removeprefix(_OWN): field.data or ""
            for name, field in self._fields.items()
            if name.startswith(_OWN)
        }
        return own | {FIRST_NAME: self.first_name.data or "", LAST_NAME: self.last_name.data or ""}

    def say(self, field: str, sentence: str) -> None:
        """Put what is wrong beside the field that it is about."""
        name = field if field in {FIRST_NAME, LAST_NAME, TAGS} else f"{_OWN}{field}"
        self[name].errors = [sentence]


def contact_form(fields: Mapping[str, str]) -> type[ContactForm]:
    """The form of a contact with these fields of its own."""
    own = {f"{_OWN}{name}": TextLine(name, longest=LONGEST_VALUE) for name in sorted(fields)}
    return type("OneContactForm", (ContactForm,), own)


def own_values(fields: Mapping[str, str]) -> dict[str, str]:
    """The values of a contact's own fields by the names that the form has for them."""
    return {f"{_OWN}{name}": value for name, value in fields.items()}


class NoteForm(PlainForm):
    """Why somebody does something to an address."""

    note = TextLine("Reason", longest=200, description="A few words, for whoever asks later.")


class SuppressForm(NoteForm):
    """An address that gets no more mail."""

    email = TextLine("Address", longest=254)
