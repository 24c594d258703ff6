"""A file of 200,000 contacts, a tenth of it rubbish, whose worker is killed in the middle: every row counts once."""

import io
import signal
import time

import pytest
import sqlalchemy as sa

from nimbus import create_app
from nimbus.clock import MovableClock
from nimbus.extensions import db
from nimbus.models import Contact, ContactImport, UnreadRow
from nimbus.rules.contact_import import LEASE, Duplicates
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.import_contacts import run
from nimbus.services.upload_contacts import begin_import, receive_file
from tests.factories import make_person, make_workspace
from tests.rotating.children import dies_at, ended, in_child

ROWS, KILLS = 200_000, (200, 500, 900)  # statements of the database after which a worker dies
RUBBISH = (b"not an address,A\r\n", b"two@@example.com,B\r\n", b'"broken\r\n@example.com",C\r\n')


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def app(settings, clock):
    app = create_app(settings, clock=clock, pages=False)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def clock():
    return MovableClock()


def test_two_hundred_thousand_rows_with_a_tenth_of_rubbish_are_in_once_each(app, clock, capsys):
    with app.app_context():
        person = make_person(make_workspace(), "Ada")
        asker = Asker(person.workspace_id, person.user_id, "Ada", Role.OWNER, "")
        import_id = _begun(asker)
        began, killed = time.monotonic(), 0
        for point in KILLS:
            how = ended(in_child(app, lambda: (dies_at(point), run(asker.workspace_id, import_id))))  # noqa: B023
            killed += how == -signal.SIGKILL
            clock.advance(seconds=LEASE.total_seconds() + 1)
        run(asker.workspace_id, import_id)

        db.session.rollback()
        done = db.session.get_one(ContactImport, import_id)
        seconds = round(time.monotonic() - began, 1)
        with capsys.disabled():
            told = f"rows {done.total} kills {killed} unread {done.unread} seconds {seconds}"
            print(f"\nsoak contact_import {db.engine.dialect.name} {told}")  # noqa: T201 - what the run is for
        assert killed == len(KILLS)
        assert (done.state, done.done, done.unread) == ("done", ROWS, ROWS // 10)
        assert done.added == ROWS - ROWS // 10 == _count(Contact)
        assert _count(UnreadRow) == ROWS // 10
        db.session.remove()


def _begun(asker: Asker) -> int:
    import_id = receive_file(asker, io.BytesIO(_file()), "l.csv", book_id=None, new_book="Buyers")
    begin_import(asker, import_id, columns=["email", "first_name"], duplicates=Duplicates.UPDATE, tags="fair")
    return import_id


def _file() -> bytes:
    rows = (
        RUBBISH[number // 10 % 3] if number % 10 == 9 else b"p%d@example.com,P\r\n" % number
        for number in range(ROWS)
    )
    return b"email,name\r\n" + b"".join(rows)


def _count(table) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))
