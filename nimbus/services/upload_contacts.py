"""An import of contacts before it runs: the file and its book, what its columns hold, and the word to begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

import sqlalchemy as sa

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import AddressBook, ContactImport
from nimbus.models.base import table_of
from nimbus.rules.audit import Action, plain
from nimbus.rules.contact_import import FILE_GONE, PREVIEW, Duplicates, ImportState
from nimbus.rules.contact_values import BadValue, NewContact, RowReader, check_columns, split_tags
from nimbus.rules.csv_columns import guess_columns, guess_without_header
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.contact_books import book_for
from nimbus.services.contact_files import FileRefused, Layout, beginning_of, forget_file, keep_file
from nimbus.services.put_contacts import unusual_address

_IMPORTS = table_of(ContactImport)
_GUESSED_FROM = 50  # rows


class ColumnsRefused(NimbusError):
    """These columns or tags make no contacts; a sentence says why."""


class BegunAlready(NimbusError):
    """The import runs, or has run: what its columns hold is settled."""

    def __init__(self) -> None:
        super().__init__("This import has begun already.")


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file. `contacts` has for each row the contact it becomes, or the sentence why it becomes none."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    contacts: Sequence[NewContact | str]


def receive_file(
    asker: Asker, stream: IO[bytes], file_name: str, *, book_id: int | None, new_book: str = ""
) -> int:
    """Keep a file for a book of this workspace, or for a new one; the import's id. Nothing else is written yet.

    Raises FileRefused, or BookRefused.
    """
    kept = keep_file(stream)
    try:
        titles, rows = beginning_of(kept.name, kept.layout, _GUESSED_FROM)
        columns = guess_columns(titles) if kept.layout.has_header else guess_without_header(rows)
        with transaction() as session:
            added = ContactImport(
                workspace_id=asker.workspace_id,
                book_id=book_for(session, asker.workspace_id, book_id, new_book),
                asked_by=asker.user_id,
                file=kept.name,
                file_name=plain(file_name)[:200] or "contacts.csv",
                encoding=kept.layout.encoding,
                delimiter=kept.layout.delimiter,
                has_header=kept.layout.has_header,
                columns=columns,
                titles=titles or [f"Column {number}" for number in range(1, len(columns) + 1)],
                created_at=now(),
                total=kept.rows,
            )
            session.add(added)
            session.flush()
            return added.id
    except BaseException:
        forget_file(kept.name)
        raise


def preview(found: ContactImport, columns: Sequence[str]) -> Preview:
    """What the first rows become with these columns; raises FileRefused once the file is gone."""
    layout = Layout(found.encoding, found.delimiter, found.has_header)
    try:
        _titles, rows = beginning_of(found.file or "", layout, PREVIEW)
    except (FileNotFoundError, IsADirectoryError):
        raise FileRefused(FILE_GONE) from None
    reader = RowReader(columns, unusual_address)
    return Preview(found.titles, rows, [_contact(reader, row) for row in rows])


def begin_import(
    asker: Asker, import_id: int, *, columns: Sequence[str], duplicates: Duplicates, tags: str
) -> None:
    """Settle what the columns hold and ask a worker to begin. Raises ColumnsRefused, or BegunAlready."""
    if problem := check_columns(columns):
        raise ColumnsRefused(problem)
    try:
        of_all = split_tags(tags)
    except BadValue as problem:
        raise ColumnsRefused(str(problem)) from None
    with transaction() as session:
        begun = session.execute(
            sa.update(_IMPORTS)
            .where(
                _IMPORTS.c.workspace_id == asker.workspace_id,
                _IMPORTS.c.id == import_id,
                _IMPORTS.c.state == ImportState.UPLOADED,
            )
            .values(state=ImportState.QUEUED, columns=list(columns), duplicates=duplicates, tags=list(of_all))
            .returning(_IMPORTS.c.book_id, _IMPORTS.c.file_name, _IMPORTS.c.total)
        ).one_or_none()
        if begun is None:
            raise BegunAlready
        book = session.get_one(AddressBook, begun.book_id)
        record(
            session,
            Action.CONTACTS_IMPORTED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=Object("address_book", book.id, book.name),
            file=begun.file_name,
            rows=begun.total,
        )
        ring_after_commit(session, queues.IMPORT_CONTACTS, asker.workspace_id, import_id)


def _contact(reader: RowReader, row: Sequence[str]) -> NewContact | str:
    try:
        return reader.read(row)
    except BadValue as problem:
        return str(problem)
