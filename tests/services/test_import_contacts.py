"""Files of contacts become contacts: each row once, and broken ones are named."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AddressBook, AuditEvent, BookContact, Contact, ContactImport, ContactTag, UnreadRow
from nimbus.rules.contact_import import Duplicates
from nimbus.services import contact_files, import_contacts
from nimbus.services.contact_files import FileRefused
from nimbus.services.import_contacts import run
from nimbus.services.upload_contacts import BegunAlready, ColumnsRefused, begin_import, preview
from tests.services.importing import FILE, count, counts, look, people


def test_a_file_becomes_contacts_in_a_book_with_their_fields_and_tags(bring_in):
    found = bring_in(tags="Fair 2026")

    assert (found.state, found.done, found.problem, found.file) == ("done", 2, None, None)
    assert counts(found) == (2, 0, 0, 0)
    assert people() == [("ada@example.com", "Ada", {"company": "Acme"}), ("bo@example.com", "Bo", {})]
    tags = db.session.execute(
        sa.select(Contact.email, ContactTag.tag).join(ContactTag, ContactTag.contact_id == Contact.id)
    )
    assert sorted(map(tuple, tags)) == [
        ("ada@example.com", "fair 2026"),
        ("ada@example.com", "paris"),
        ("ada@example.com", "vip"),
        ("bo@example.com", "fair 2026"),
    ]
    assert count(BookContact) == 2
    assert contact_files.kept_files() == []


def test_nothing_is_written_before_somebody_said_what_the_columns_hold(receive, acme):
    import_id = receive()
    run(acme, import_id)

    seen = preview(look(import_id), ["email", "first_name", "", ""])

    assert [contact.first_name for contact in seen.contacts] == ["Ada", "Bo"]
    assert seen.titles == ["Email", "First name", "Company", "Tags"]
    assert (look(import_id).state, count(Contact)) == ("uploaded", 0)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (b"nobody", "“nobody” is no address like ava@example.com."),
        (b'"bo\nb@example.com"', "The address holds a line break or another character that cannot be seen."),
    ],
)
def test_the_preview_says_of_a_row_why_it_becomes_no_contact(receive, address, said):
    import_id = receive(b"email,name\n%s,x\nada@example.com,Ada\n" % address)

    bad, good = preview(look(import_id), ["email", "first_name"]).contacts

    assert bad == said
    assert good.email == "ada@example.com"


def test_updating_keeps_what_the_file_does_not_say(bring_in):
    bring_in()
    found = bring_in(
        b"email,first name,company,city,tags\nADA@Example.com,,New Co,Paris,late\nnew@example.com,N,,,\n"
    )

    assert counts(found) == (1, 1, 0, 0)
    assert people()[0] == ("ada@example.com", "Ada", {"company": "New Co", "city": "Paris"})
    assert count(ContactTag) == 3


def test_skipping_leaves_who_is_here_as_they_are_and_puts_them_into_the_book(bring_in, asker, receive):
    bring_in()
    import_id = receive(
        b"email,first name,tags\nada@example.com,Other,x\nnew@example.com,N,\n", new_book="Second"
    )
    begin_import(
        asker, import_id, columns=["email", "first_name", "tags"], duplicates=Duplicates.SKIP, tags="y"
    )
    run(asker.workspace_id, import_id)

    assert counts(look(import_id)) == (1, 0, 1, 0)
    assert people()[0] == ("ada@example.com", "Ada", {"company": "Acme"})
    assert count(BookContact) == 4
    assert count(ContactTag) == 3  # Ada's two, and “y” of the new one


@pytest.mark.parametrize(
    ("duplicates", "first_name"), [(Duplicates.UPDATE, "Late"), (Duplicates.SKIP, "Early")]
)
@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_who_is_twice_in_a_file_is_one_contact_wherever_a_batch_ends(
    bring_in, monkeypatch, duplicates, first_name, batch
):
    monkeypatch.setattr(import_contacts, "BATCH", batch)
    rows = b"email,first name\na@example.com,Early\nb@example.com,B\nA@EXAMPLE.com,Late\n"

    found = bring_in(rows, duplicates=duplicates)

    assert people() == [("a@example.com", first_name, {}), ("b@example.com", "B", {})]
    assert (found.added, found.updated + found.skipped) == (2, 1)


def test_rows_that_cannot_be_read_are_kept_with_their_reasons_and_cost_no_other(bring_in):
    found = bring_in(
        b'email,name\r\n,x\r\nada@example.com,Ada\r\n"bo@example.com\nbcc: c@example.com",Bo\r\n'
        b'not an address,N\r\nc@example.com,"open\r\nd@example.com,D\0d\r\ne@example.com,E,too,many\r\nf@example.com,F\r\n'
    )

    assert counts(found) == (2, 0, 0, 6)
    assert found.done == found.total == 8
    assert [email for email, *_ in people()] == ["ada@example.com", "f@example.com"]
    unread = db.session.execute(sa.select(UnreadRow.line, UnreadRow.sentence).order_by(UnreadRow.line)).all()
    assert [line for line, _ in unread] == [2, 4, 6, 7, 8, 9]
    said = [sentence for _, sentence in unread]
    assert said[0] == "There is no address in this row."
    assert said[1].startswith("The address holds a line break")
    assert said[3].startswith("The quotation marks of this row do not pair")
    assert "NUL" in said[4]
    assert db.session.get_one(UnreadRow, (found.id, 8)).values == ["d@example.com", "D\0d"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_letters_come_in_whatever_a_file_is_written_in(bring_in, encoding):
    bring_in("E-Mail;Vorname\nzoe@example.com;Zoë\nkurt@münchen.example;Kürt\n".encode(encoding))

    assert people() == [("kurt@xn--mnchen-3ya.example", "Kürt", {}), ("zoe@example.com", "Zoë", {})]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty"),
        (b"PK\x03\x04....", "Excel workbook"),
        (b"some text\nand more\n", "None of the first rows of this file holds an address"),
        (b"name,phone\nAda,1\n", "None of the first rows of this file holds an address"),
        (b"email" + 100 * b",x" + b"\na@b.test\n", "This file has 101 columns, and 100 are the most."),
        (b"email\n" + b"\0\x01\x02\x03" * 100, "no text file"),
    ],
)
def test_what_is_no_file_of_contacts_is_refused_with_a_sentence_and_not_kept(receive, data, sentence):
    with pytest.raises(FileRefused, match=sentence):
        receive(data)

    assert contact_files.kept_files() == []
    assert count(ContactImport) == count(AddressBook) == 0


def test_a_file_that_is_too_large_or_too_long_is_refused(receive, monkeypatch):
    monkeypatch.setattr(contact_files, "MOST_ROWS", 3)
    with pytest.raises(FileRefused, match=r"more than 200,000 rows"):
        receive(b"email\n" + b"a@example.com\n" * 4)
    assert look(receive(b"email\n" + b"a@example.com\n" * 3)).total == 3

    monkeypatch.setattr(contact_files, "LARGEST_FILE", len(FILE) - 1)
    with pytest.raises(FileRefused, match=r"larger than 84 bytes. Split it"):
        receive()
    assert len(contact_files.kept_files()) == 1


@pytest.mark.parametrize(
    ("columns", "tags", "sentence"),
    [
        (["", "", "", ""], "", "Choose the column that holds the addresses"),
        (["email", "email", "", ""], "", "Two columns go to “Address”"),
        (["email", "", "", ""], "x" * 41, "A tag has 40 characters at most"),
    ],
)
def test_columns_that_make_no_contact_begin_nothing(asker, receive, columns, tags, sentence):
    import_id = receive()

    with pytest.raises(ColumnsRefused, match=sentence):
        begin_import(asker, import_id, columns=columns, duplicates=Duplicates.UPDATE, tags=tags)
    assert look(import_id).state == "uploaded"


def test_an_import_begins_once_and_its_beginning_is_in_the_log(asker, receive):
    import_id = receive()
    begin = {"columns": ["email", "", "", ""], "duplicates": Duplicates.UPDATE, "tags": ""}
    begin_import(asker, import_id, **begin)

    with pytest.raises(BegunAlready):
        begin_import(asker, import_id, **begin)
    [line] = db.session.scalars(sa.select(AuditEvent))
    assert (line.action, line.object_name) == ("contacts_imported", "Buyers")
    assert line.details == {"file": "list.csv", "rows": 2}
