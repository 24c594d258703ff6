"""Contacts written directly, for tests that need people and not a file of them."""

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AddressBook, BookContact, Contact, ContactTag, Suppression


def make_book(workspace_id, name="Buyers"):
    """The id of a new book."""
    with transaction() as session:
        book = AddressBook(workspace_id=workspace_id, name=name, created_at=now())
        session.add(book)
        session.flush()
        return book.id


def make_contact(workspace_id, email="zoe@example.com", *, book_id=None, tags=(), **values):
    """The id of a new contact."""
    mine = {"workspace_id": workspace_id}
    with transaction() as session:
        contact = Contact(**mine, email=email, created_at=now(), changed_at=now(), **values)
        session.add(contact)
        session.flush()
        session.add_all(ContactTag(**mine, contact_id=contact.id, tag=tag) for tag in tags)
        if book_id:
            session.add(BookContact(**mine, book_id=book_id, contact_id=contact.id))
        return contact.id


def make_suppression(workspace_id, email="zoe@example.com", reason="manual", **values):
    """The id of a new row of the list."""
    with transaction() as session:
        row = Suppression(
            workspace_id=workspace_id, email=email, reason=reason, created_at=now(), send_id=None, **values
        )
        session.add(row)
        session.flush()
        return row.id


def rows(model):
    """Every row of a table as it is now."""
    db.session.rollback()
    found = sa.select(model).order_by(*model.__table__.primary_key).execution_options(populate_existing=True)
    return list(db.session.scalars(found))
