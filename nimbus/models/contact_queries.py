"""Reading contacts: books, lists of people, one person, and what was sent to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.contact import AddressBook, BookContact, Contact, ContactTag
from nimbus.models.send import Suppression

PAGE = 50
_MOST_TAGS = 200  # that a list of them offers


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts somebody wants to see; what is None or empty asks for everybody."""

    text: str = ""
    book_id: int | None = None
    tag: str = ""
    suppressed: bool = False


class ContactRow(NamedTuple):
    """A line of the list. `reason` says why they get no mail, None where they may."""

    id: int
    email: str
    first_name: str
    last_name: str
    created_at: datetime
    reason: str | None


class BookRow(NamedTuple):
    """A book with the number of its contacts."""

    id: int
    name: str
    created_at: datetime
    contacts: int


class FoundContact(NamedTuple):
    """One contact with what the page shows beside it."""

    contact: Contact
    books: Sequence[AddressBook]
    tags: Sequence[str]
    suppression: Suppression | None


def list_books(session: Session, workspace_id: int) -> list[BookRow]:
    """Every book of a workspace, by name."""
    contacts = sa.select(sa.func.count()).where(BookContact.book_id == AddressBook.id).scalar_subquery()
    rows = session.execute(
        sa.select(AddressBook.id, AddressBook.name, AddressBook.created_at, contacts)
        .where(AddressBook.workspace_id == workspace_id)
        .order_by(sa.func.lower(AddressBook.name), AddressBook.id)
    )
    return [BookRow(*row) for row in rows]


def find_book(session: Session, workspace_id: int, book_id: int) -> AddressBook | None:
    """A book of this workspace; None for any other id."""
    return session.scalar(
        sa.select(AddressBook).where(AddressBook.workspace_id == workspace_id, AddressBook.id == book_id)
    )


def list_contacts(
    session: Session, workspace_id: int, wanted: ContactFilter, *, before: int | None = None, most: int = PAGE
) -> tuple[list[ContactRow], int | None]:
    """At most that many contacts, the newest first, and the id to ask for what is older (None at the end)."""
    lines: sa.Select[*tuple[Any, ...]] = sa.select(
        Contact.id,
        Contact.email,
        Contact.first_name,
        Contact.last_name,
        Contact.created_at,
        Suppression.reason,
    )
    query = _filtered(lines, workspace_id, wanted)
    if before is not None:
        query = query.where(Contact.id < before)
    rows = [ContactRow(*row) for row in session.execute(query.order_by(Contact.id.desc()).limit(most + 1))]
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def count_contacts(session: Session, workspace_id: int, wanted: ContactFilter) -> int:
    """How many contacts the filter lets through."""
    return session.scalar(_filtered(sa.select(sa.func.count(Contact.id)), workspace_id, wanted)) or 0


def find_contact(session: Session, workspace_id: int, contact_id: int) -> FoundContact | None:
    """One contact of this workspace; None for any other id."""
    contact = session.scalar(
        sa.select(Contact)
        .where(Contact.workspace_id == workspace_id, Contact.id == contact_id)
        .execution_options(populate_existing=True)
    )
    if contact is None:
        return None
    books = session.scalars(
        sa.select(AddressBook)
        .join(BookContact, BookContact.book_id == AddressBook.id)
        .where(AddressBook.workspace_id == workspace_id, BookContact.contact_id == contact_id)
        .order_by(sa.func.lower(AddressBook.name))
    ).all()
    tags = session.scalars(
        sa.select(ContactTag.tag)
        .where(ContactTag.workspace_id == workspace_id, ContactTag.contact_id == contact_id)
        .order_by(ContactTag.tag)
    ).all()
    return FoundContact(contact, books, tags, find_suppression(session, workspace_id, contact.email))


def find_suppression(session: Session, workspace_id: int, email: str) -> Suppression | None:
    """Why this workspace sends nothing to an address (in lower case); None where it does."""
    return session.scalar(
        sa.select(Suppression)
        .where(Suppression.workspace_id == workspace_id, Suppression.email == email)
        .execution_options(populate_existing=True)
    )


def list_tags(session: Session, workspace_id: int) -> Sequence[str]:
    """The tags that contacts of a workspace have, in order."""
    return session.scalars(
        sa.select(ContactTag.tag)
        .where(ContactTag.workspace_id == workspace_id)
        .distinct()
        .order_by(ContactTag.tag)
        .limit(_MOST_TAGS)
    ).all()


def _filtered(
    query: sa.Select[*tuple[Any, ...]], workspace_id: int, wanted: ContactFilter
) -> sa.Select[*tuple[Any, ...]]:
    is_theirs = sa.and_(Suppression.workspace_id == Contact.workspace_id, Suppression.email == Contact.email)
    query = query.outerjoin(Suppression, is_theirs).where(Contact.workspace_id == workspace_id)
    if wanted.text:
        text = wanted.text.lower()
        full_name = Contact.first_name + " " + Contact.last_name
        query = query.where(
            sa.or_(
                Contact.email.contains(text, autoescape=True),
                sa.func.lower(full_name).contains(text, autoescape=True),
            )
        )
    if wanted.book_id is not None:
        in_book = sa.select(BookContact.contact_id).where(
            BookContact.workspace_id == workspace_id, BookContact.book_id == wanted.book_id
        )
        query = query.where(Contact.id.in_(in_book))
    if wanted.tag:
        has_tag = sa.select(ContactTag.contact_id).where(
            ContactTag.workspace_id == workspace_id, ContactTag.tag == wanted.tag
        )
        query = query.where(Contact.id.in_(has_tag))
    return query.where(Suppression.id.is_not(None)) if wanted.suppressed else query
