"""The life of an import: whose it is, what goes while it runs, and what runs by itself."""

import pytest
import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import AddressBook, BookContact, Contact, ContactImport, ContactTag
from nimbus.queue_server import queue_url
from nimbus.rules import contact_import as limits
from nimbus.services import contact_files, import_contacts
from nimbus.services.contact_books import BookRefused, remove_book
from nimbus.services.contact_files import path_of
from nimbus.services.import_contacts import run
from nimbus.services.sweep import purge, sweep
from nimbus.settings import current_settings
from tests.factories import make_workspace
from tests.services.importing import begin, count, counts, look


def test_a_book_of_another_workspace_is_no_book(asker, receive):
    other = make_workspace("Zenith")
    with db.engine.begin() as connection:
        put = sa.insert(AddressBook.__table__).values(workspace_id=other, name="Theirs", created_at=now())
        book_id = connection.execute(put).inserted_primary_key[0]

    with pytest.raises(BookRefused, match="no longer exists"):
        receive(book_id=book_id)
    with pytest.raises(BookRefused, match="no longer exists"):
        remove_book(asker, book_id)
    assert contact_files.kept_files() == []


def test_a_book_that_goes_while_it_is_filled_takes_its_import_with_it_and_no_contact(
    asker, bring_in, receive
):
    kept = bring_in()
    import_id = receive(b"email\nz@example.com\n")
    begin(asker, import_id, ["email"])

    assert remove_book(asker, kept.book_id) == "Buyers"
    run(asker.workspace_id, import_id)

    assert (count(ContactImport), count(BookContact), count(Contact)) == (0, 0, 2)
    purge()
    assert len(contact_files.kept_files()) == 1  # it may be of somebody who is choosing its book


def test_a_file_that_is_gone_ends_its_import_with_a_sentence(asker, receive):
    import_id = receive()
    begin(asker, import_id, ["email", "", "", ""])
    path_of(look(import_id).file).unlink()

    run(asker.workspace_id, import_id)

    assert (look(import_id).state, look(import_id).problem) == ("failed", limits.FILE_GONE)
    assert look(import_id).finished_at


def test_uploads_that_nobody_began_and_old_imports_are_forgotten(asker, receive, bring_in, clock):
    bring_in()
    receive()
    purge()
    assert (count(ContactImport), len(contact_files.kept_files())) == (2, 1)

    clock.advance(days=2)
    purge()
    assert (count(ContactImport), len(contact_files.kept_files())) == (1, 0)

    clock.advance(days=30)
    purge()
    assert (count(ContactImport), count(Contact)) == (0, 2)


def test_the_sweep_rings_for_imports_without_a_worker_and_for_no_other(asker, receive, clock, run_jobs):
    waiting, uploaded = receive(), receive()
    begin(asker, waiting, ["email", "", "", ""])
    queues.connect(queue_url(current_settings())).flushall()

    sweep()
    run_jobs()

    assert [look(each).state for each in (waiting, uploaded)] == ["done", "uploaded"]


def test_a_worker_that_lost_its_import_changes_nothing_more(asker, receive, clock):
    import_id = receive(b"email\n" + b"".join(b"p%d@example.com\n" % n for n in range(5)))
    begin(asker, import_id, ["email"])
    slow = import_contacts._claim(asker.workspace_id, import_id)
    rows = contact_files.rows_of(slow.file, slow.layout)
    batch = import_contacts._read(slow.reader, rows)
    run(asker.workspace_id, import_id)
    assert (look(import_id).state, look(import_id).done) == ("running", 0)  # it is the slow one's for now

    clock.advance(seconds=31)
    run(asker.workspace_id, import_id)
    with pytest.raises(import_contacts.TakenOver):
        import_contacts._write(slow, batch)

    assert (look(import_id).state, counts(look(import_id))) == ("done", (5, 0, 0, 0))


def test_two_imports_at_once_count_each_contact_once(asker, receive, at_once, monkeypatch):
    monkeypatch.setattr(import_contacts, "BATCH", 20)
    forwards = [b"p%d@example.com" % number for number in range(100)]
    imports = []
    for lines in (forwards, forwards[::-1]):
        imports.append(receive(b"\n".join([b"email", *lines])))
        begin(asker, imports[-1], ["email"], tags="both")

    failures = at_once(lambda number: run(asker.workspace_id, imports[number]), 2)

    assert failures == [None, None]
    assert sum(look(each).added for each in imports) == sum(look(each).updated for each in imports) == 100
    assert count(Contact) == count(ContactTag) == count(BookContact) == 100
