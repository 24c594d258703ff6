"""Files of contacts on their way into a book, and the rows that could not be read."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, one_of
from nimbus.models.contact import goes_with
from nimbus.rules.contact_import import Duplicates, ImportState


class ContactImport(OfWorkspace, Base):
    """One file. The row is the queue: `done` rows of `total` are in, and are never looked at again.

    `file` is its name below the data directory; None once it is deleted. `columns` are the targets of its columns, as
    `rules/csv_columns.py` names them. `owner` and `lease_until` fence the worker that has it.
    """

    __tablename__ = "contact_import"
    __table_args__ = (
        goes_with("address_book", "book_id"),
        sa.UniqueConstraint("workspace_id", "id"),
        sa.Index("ix_contact_import_book_id", "book_id"),
        sa.Index("ix_contact_import_state", "state"),
        one_of("state", ImportState),
        one_of("duplicates", Duplicates),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int]
    asked_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    state: Mapped[str] = mapped_column(default=ImportState.UPLOADED)
    file: Mapped[str | None]
    file_name: Mapped[str]  # what it is called where it came from
    encoding: Mapped[str] = mapped_column(sa.String(20))
    delimiter: Mapped[str] = mapped_column(sa.String(1))
    has_header: Mapped[bool]
    columns: Mapped[list[Any]] = mapped_column(default=list)
    titles: Mapped[list[Any]] = mapped_column(
        default=list
    )  # of the columns, for the file of rows that were not read
    duplicates: Mapped[str] = mapped_column(default=Duplicates.UPDATE)
    tags: Mapped[list[Any]] = mapped_column(default=list)  # that every contact of the file gets

    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]  # a sentence, once it has failed
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]


class UnreadRow(OfWorkspace, Base):
    """A row of a file that became no contact: the line it begins on, what stands there, and why, in a sentence."""

    __tablename__ = "contact_import_unread"
    __table_args__ = (goes_with("contact_import", "import_id"),)

    import_id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    values: Mapped[list[Any]]
    sentence: Mapped[str]
