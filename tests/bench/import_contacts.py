"""What importing a file of contacts takes, against the csv module and one bulk insert of the same rows."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AddressBook, Contact, ContactImport
from nimbus.rules.contact_import import Duplicates
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.import_contacts import run as run_import
from nimbus.services.upload_contacts import begin_import, receive_file
from tests.bench.connection_test import application
from tests.bench.measure import alternate, milliseconds, report
from tests.factories import make_person, make_workspace

ROWS, TIMES, LIMIT = 100_000, 3, 4
_COLUMNS = ["email", "first_name", "last_name", "company"]
_TITLES = ["Email", "First name", "Last name", "Company"]
_PUT = """
INSERT INTO contact (workspace_id, email, first_name, last_name, fields, created_at, changed_at)
VALUES (1, ?, ?, ?, json_object('company', ?), '2026-11-12 10:00:00', '2026-11-12 10:00:00')
"""


def run() -> bool:
    """A hundred thousand new contacts into an empty book, from the file that was sent to the last row."""
    with application() as app, app.app_context():
        person = make_person(make_workspace(), "Ann")
        asker = Asker(person.workspace_id, person.user_id, "Ann", Role.OWNER, "")
        data = _file()
        path = app.extensions["nimbus.settings"].data_dir / "nimbus.sqlite3"
        figures = alternate(lambda: _import(asker, data), lambda: _bulk(path, data), times=TIMES, warm_up=1)
        return report("import_contacts", *figures, unit="ms", limit=LIMIT)


def _file() -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_TITLES)
    writer.writerows(
        (
            f"person.{number}@company{number % 5000}.example",
            f"First{number}",
            f"Last{number}",
            f"Company {number % 5000}",
        )
        for number in range(ROWS)
    )
    return text.getvalue().encode()


def _import(asker: Asker, data: bytes) -> float:
    """The way of the product: looking through the file, a row for it, and the job."""

    def whole() -> None:
        import_id = receive_file(asker, io.BytesIO(data), "list.csv", book_id=None, new_book="Buyers")
        begin_import(asker, import_id, columns=_COLUMNS, duplicates=Duplicates.UPDATE, tags="")
        run_import(asker.workspace_id, import_id)

    took = milliseconds(whole)
    done = db.session.scalars(sa.select(ContactImport)).one()
    assert (done.state, done.added) == ("done", ROWS)
    _forget()
    return took


def _bulk(path: Path, data: bytes) -> float:
    """The same rows in the same table, and nothing else: no check, no book, one commit."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous=FULL")

        def whole() -> None:
            rows = csv.reader(io.StringIO(data.decode(), newline=""))
            next(rows)
            database.executemany(_PUT, rows)
            database.commit()

        took = milliseconds(whole)
    _forget()
    return took


def _forget() -> None:
    db.session.rollback()
    with transaction() as session:
        session.execute(sa.delete(AddressBook))
        session.execute(sa.delete(Contact))
