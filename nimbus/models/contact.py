"""People that campaigns write to, the books they stand in, and their tags."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace


def goes_with(table: str, column: str) -> sa.ForeignKeyConstraint:
    """That a column names a row of the same workspace in another table, and that its own row is deleted with that."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete="CASCADE"
    )


class AddressBook(OfWorkspace, Base):
    """A list of contacts with a name, which is unique in a workspace."""

    __tablename__ = "address_book"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "name"),
        sa.UniqueConstraint("workspace_id", "id"),  # so that others can name both
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    created_at: Mapped[datetime]


class Contact(OfWorkspace, Base):
    """One person, once in a workspace, in any number of books. `fields` are the workspace's own, by their names.

    Whether they get mail is not kept here: that is for Suppression alone to say.
    """

    __tablename__ = "contact"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "email"),
        sa.UniqueConstraint("workspace_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]  # in lower case
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class BookContact(OfWorkspace, Base):
    """That a contact stands in a book."""

    __tablename__ = "book_contact"
    __table_args__ = (
        goes_with("address_book", "book_id"),
        goes_with("contact", "contact_id"),
        sa.Index("ix_book_contact_contact_id", "contact_id"),
    )

    book_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)


class ContactTag(OfWorkspace, Base):
    """A tag of a contact, in lower case."""

    __tablename__ = "contact_tag"
    __table_args__ = (
        goes_with("contact", "contact_id"),
        sa.Index("ix_contact_tag_tag", "workspace_id", "tag"),
    )

    contact_id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
