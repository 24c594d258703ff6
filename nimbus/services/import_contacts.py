"""Carrying an import of contacts on: its file is read row by row, and each batch is in with the count of its rows.

The import's row is the queue. A worker that dies leaves whole batches behind; the next one goes on after them, so no
row is lost and none counts twice.
"""

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import ContactImport, UnreadRow
from nimbus.models.base import table_of
from nimbus.rules.contact_import import (
    BATCH,
    BROKEN_ROW,
    FILE_GONE,
    LEASE,
    UNDER_WAY,
    Duplicates,
    ImportState,
)
from nimbus.rules.contact_values import BadValue, NewContact, RowReader
from nimbus.rules.csv_rows import CsvRow
from nimbus.services.contact_files import Layout, forget_file, rows_of
from nimbus.services.put_contacts import put_contacts, unusual_address

_IMPORTS, _UNREAD = table_of(ContactImport), table_of(UnreadRow)
_log = logging.getLogger(__name__)


class TakenOver(Exception):
    """The import belongs to another worker by now, or is gone with its book: change nothing more."""


@dataclass(slots=True)
class Work:
    """An import that this process has claimed; `done` rows of it are in."""

    workspace_id: int
    id: int
    owner: str
    book_id: int
    file: str
    layout: Layout
    reader: RowReader
    duplicates: Duplicates
    tags: Sequence[str]
    done: int


@dataclass(slots=True)
class Batch:
    """Some rows, read: what became a contact, and what did not."""

    rows: int = 0
    contacts: list[NewContact] = field(default_factory=list)
    unread: list[tuple[CsvRow, str]] = field(default_factory=list)


def run(workspace_id: int, import_id: int) -> None:
    """Carry an import to its end, or to a sentence about what keeps it from that. One that somebody else has is left."""
    work = _claim(workspace_id, import_id)
    if work is None:
        return
    with suppress(TakenOver):
        try:
            _carry_on(work)
        except FileNotFoundError:
            _end(work, ImportState.FAILED, FILE_GONE)
        except OperationalError:
            raise  # the database is away or busy: the sweep rings again once the lease is over
        except (SQLAlchemyError, OSError, UnicodeError) as problem:
            _log.exception("Import %s stopped", work.id)
            _end(work, ImportState.FAILED, _stopped(work, problem))


def _claim(workspace_id: int, import_id: int) -> Work | None:
    """Make this process the owner; that the update found its row is the lock."""
    moment, owner = now(), secrets.token_hex(8)
    with transaction() as session:
        row = session.execute(
            sa.update(_IMPORTS)
            .where(
                _IMPORTS.c.workspace_id == workspace_id,
                _IMPORTS.c.id == import_id,
                _IMPORTS.c.state.in_(UNDER_WAY),
                sa.or_(_IMPORTS.c.owner.is_(None), _IMPORTS.c.lease_until < moment),
            )
            .values(
                state=ImportState.RUNNING,
                owner=owner,
                lease_until=moment + LEASE,
                started_at=sa.func.coalesce(
                    _IMPORTS.c.started_at, sa.literal(moment, _IMPORTS.c.started_at.type)
                ),
            )
            .returning(*_IMPORTS.c)
        ).one_or_none()
    return _work(row, owner) if row else None


def _work(row: sa.Row[Any], owner: str) -> Work:
    return Work(
        workspace_id=row.workspace_id,
        id=row.id,
        owner=owner,
        book_id=row.book_id,
        file=row.file or "",
        layout=Layout(row.encoding, row.delimiter, row.has_header),
        reader=RowReader(row.columns, unusual_address),
        duplicates=Duplicates(row.duplicates),
        tags=row.tags,
        done=row.done,
    )


def _carry_on(work: Work) -> None:
    rows = islice(rows_of(work.file, work.layout), work.done, None)
    while (batch := _read(work.reader, rows)).rows:
        _write(work, batch)
        if queues.must_stop():
            _end(work, ImportState.QUEUED)
            return
    _end(work, ImportState.DONE)


def _read(reader: RowReader, rows: Iterator[CsvRow]) -> Batch:
    """The next rows; this is done before the transaction, which then is short."""
    batch = Batch()
    for row in islice(rows, BATCH):
        batch.rows += 1
        try:
            batch.contacts.append(_contact(reader, row))
        except BadValue as problem:
            batch.unread.append((row, str(problem)))
    return batch


def _contact(reader: RowReader, row: CsvRow) -> NewContact:
    if row.is_broken:
        raise BadValue(BROKEN_ROW)
    return reader.read(row.fields)


def _write(work: Work, batch: Batch) -> None:
    """Put a batch in, with the count of its rows and a sign of life, in one transaction."""
    moment = now()
    with transaction() as session:
        put = put_contacts(
            session,
            work.workspace_id,
            work.book_id,
            batch.contacts,
            duplicates=work.duplicates,
            tags=work.tags,
            moment=moment,
        )
        if batch.unread:
            session.execute(sa.insert(_UNREAD), [_unread(work, row, said) for row, said in batch.unread])
        counts = {**put._asdict(), "unread": len(batch.unread), "done": batch.rows}
        _change(
            session,
            work,
            {name: _IMPORTS.c[name] + count for name, count in counts.items()}
            | {"lease_until": moment + LEASE},
        )
    work.done += batch.rows


def _unread(work: Work, row: CsvRow, sentence: str) -> dict[str, Any]:
    return {
        "workspace_id": work.workspace_id,
        "import_id": work.id,
        "line": row.line,
        "values": row.fields,
        "sentence": sentence,
    }


def _end(work: Work, state: ImportState, problem: str | None = None) -> None:
    """Give the import back: at its end, with what stopped it, or half done for the next worker."""
    is_over = state not in UNDER_WAY
    with transaction() as session:
        values = {"state": state, "owner": None, "lease_until": None, "problem": problem}
        _change(session, work, values | ({"finished_at": now(), "file": None} if is_over else {}))
    if is_over:
        forget_file(work.file)


def _change(session: Session, work: Work, values: dict[str, Any]) -> None:
    """Change the import's row while it is this worker's; TakenOver, which undoes the transaction, when it is not."""
    mine = _IMPORTS.c.id == work.id, _IMPORTS.c.owner == work.owner, _IMPORTS.c.done == work.done
    written = session.execute(sa.update(_IMPORTS).where(*mine).values(values))
    if written.rowcount != 1:  # type: ignore[attr-defined]
        raise TakenOver


def _stopped(work: Work, problem: Exception) -> str:
    where = f"rows {work.done + 1:,} to {work.done + BATCH:,}"
    return (
        f"Reading stopped between {where} ({type(problem).__name__}; the server's log has more). What came before is "
        "in. Look at these rows in the file and choose it again: nobody is doubled."
    )
