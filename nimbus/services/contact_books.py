"""Address books: made where somebody names a new one, and removed without their contacts."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.models import AddressBook
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.rules.contact_values import BadValue, one_line
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record

LONGEST_NAME = 100
_BOOKS = table_of(AddressBook)


class BookRefused(NimbusError):
    """There is no such book, or it cannot have this name; a sentence says which."""


def book_for(session: Session, workspace_id: int, book_id: int | None, new_name: str) -> int:
    """The id of a book of this workspace: the one that is named by its id, or else the one with this name, made if need be.

    Raises BookRefused.
    """
    if book_id is not None:
        found = session.scalar(
            sa.select(AddressBook.id).where(
                AddressBook.workspace_id == workspace_id, AddressBook.id == book_id
            )
        )
        if found is None:
            raise BookRefused("This address book no longer exists. Choose another one.")
        return found
    name = _checked(new_name)
    put = insert_or(AddressBook, dialect_of(session)).values(
        workspace_id=workspace_id, name=name, created_at=now()
    )
    # What changes nothing still gives the id of the book that had the name before.
    same = put.on_conflict_do_update(index_elements=["workspace_id", "name"], set_={"name": name})
    return int(session.execute(same.returning(_BOOKS.c.id)).scalar_one())


def remove_book(asker: Asker, book_id: int) -> str:
    """Remove a book and the history of its imports; its contacts stay. Gives its name, or raises BookRefused."""
    with transaction() as session:
        name: str | None = session.scalar(
            sa.delete(AddressBook)
            .where(AddressBook.workspace_id == asker.workspace_id, AddressBook.id == book_id)
            .returning(AddressBook.name)
        )
        if name is None:
            raise BookRefused("This address book no longer exists.")
        book = Object("address_book", book_id, name)
        record(session, Action.BOOK_REMOVED, workspace_id=asker.workspace_id, asker=asker, on=book)
        return name


def _checked(name: str) -> str:
    try:
        name = one_line(name)
    except BadValue as problem:
        raise BookRefused(str(problem)) from None
    if not name:
        raise BookRefused("Choose an address book, or give a new one a name.")
    if len(name) > LONGEST_NAME:
        raise BookRefused(f"A name has {LONGEST_NAME} characters at most.")
    return name
