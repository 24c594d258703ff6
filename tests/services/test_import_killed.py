"""Workers that are killed while they import: no row is lost, and none counts twice."""

import io
import random
import signal

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import Contact, ContactImport, UnreadRow
from nimbus.rules.contact_import import Duplicates
from nimbus.services import import_contacts
from nimbus.services.import_contacts import run
from nimbus.services.upload_contacts import begin_import, receive_file
from tests.rotating.children import dies_at, ended, in_child

ROWS, BATCH, KILLS = 120, 10, 12
# Every tenth is rubbish, every thirtieth is the contact of the row before.
FILE = b"email,name\n" + b"".join(
    b"rubbish %d,\n" % n if n % 10 == 9 else b"p%d@example.com,P\n" % (n - (n % 30 == 28))
    for n in range(ROWS)
)


@pytest.mark.parametrize("duplicates", Duplicates)
def test_an_import_whose_workers_are_killed_again_and_again_ends_as_if_none_was(
    app, asker, clock, monkeypatch, duplicates
):
    monkeypatch.setattr(import_contacts, "BATCH", BATCH)
    import_id = receive_file(asker, io.BytesIO(FILE), "l.csv", book_id=None, new_book="Buyers")
    begin_import(asker, import_id, columns=["email", "first_name"], duplicates=duplicates, tags="fair")
    chance, killed = random.Random(8), 0
    while killed < KILLS:
        point = chance.randint(1, 45)
        how = ended(in_child(app, lambda: (dies_at(point), run(asker.workspace_id, import_id))))  # noqa: B023
        killed += how == -signal.SIGKILL
        clock.advance(seconds=31)
        if how == 0:
            break
    run(asker.workspace_id, import_id)

    db.session.rollback()
    done = db.session.get_one(ContactImport, import_id)
    assert killed > 2
    assert (done.state, done.done, done.unread) == ("done", ROWS, 12)
    assert (done.added, done.updated + done.skipped) == (104, 4)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 104
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UnreadRow)) == 12
