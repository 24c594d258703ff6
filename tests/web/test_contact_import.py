"""Importing contacts in three pages, without a script: the file, its columns, and what became of it."""

import csv
import io

import pytest

from nimbus.models import AddressBook, AuditEvent, Contact, ContactImport
from nimbus.rules.contact_import import LARGEST_FILE
from nimbus.services import contact_files
from tests.browse import Page
from tests.web.reading import links, same_part, words

FILE = b"Email;Vorname;Firma\nzoe@example.com;Zo\xc3\xab;Acme\n=cmd@;Bo;Beta\nbo@example.com;Bo;\n"
URL = "/contacts/import"


def upload(browser, data=FILE, name="leads.csv", **fields):
    return browser.post(URL, {"file": (io.BytesIO(data), name), "book": "", "new_book": "Leads"} | fields)


def chosen(page):
    """What the form of the columns would send as it stands."""
    selected, name = {}, ""
    for tag, attrs in Page(page).tags:
        if tag == "select":
            name = attrs["name"]
            selected[name] = ""
        elif tag == "option" and "selected" in attrs:
            selected[name] = attrs["value"]
    return selected | {"duplicates": "update", "tags": ""}


def test_the_page_of_the_columns_shows_what_was_guessed_and_what_the_first_rows_become(alice, read):
    page = alice.get(upload(alice).location)

    assert "leads.csv: 3 rows for “Leads” (UTF-8, columns between semicolons)" in words(page.text)
    assert "“=cmd@” is no address" in words(page.text)
    guessed = {"column-0": "email", "column-1": "first_name", "column-2": "firma"}
    assert chosen(page.text) == guessed | {"duplicates": "update", "tags": ""}
    assert read(Contact) == []


def test_a_file_comes_in_by_three_pages(alice, run_jobs, read):
    columns = upload(alice).location
    begun = alice.post(columns, chosen(alice.get(columns).text) | {"tags": "fair"}).location
    waits = alice.get(begun)
    assert "0 of 3 rows" in words(waits.text)
    assert "hx-trigger" in waits.text
    assert '<meta http-equiv="refresh"' in waits.text

    run_jobs()

    done = alice.get(begun)
    assert "2 contacts are new. 1 row could not be read." in words(done.text)
    assert "hx-trigger" not in done.text.partition("</nav>")[2]
    assert [(each.email, each.first_name, each.fields) for each in read(Contact)] == [
        ("zoe@example.com", "Zoë", {"firma": "Acme"}),
        ("bo@example.com", "Bo", {}),
    ]


def test_progress_is_the_same_part_for_a_script(alice):
    begun = alice.post(upload(alice).location, {"column-0": "email", "duplicates": "skip"}).location
    page = alice.get(begun)

    assert same_part(alice.get(begun, htmx=True).text, page.text)
    assert "Waiting for a background worker" in words(page.text)


def test_rows_that_could_not_be_read_are_a_file_that_is_harmless_in_a_spreadsheet(alice, run_jobs):
    begun = alice.post(upload(alice).location, {"column-0": "email", "column-1": "", "duplicates": "update"})
    run_jobs()
    page = alice.get(begun.location)
    [url] = [url for url in links(page.text) if url.endswith("unread.csv")]

    assert alice.client.head(url).status_code == 200
    answer = alice.get(url)

    assert answer.headers["Content-Disposition"].startswith('attachment; filename="not-imported-')
    titles, row = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), strict=True)
    assert titles == ["Email", "Vorname", "Firma", "Line", "Problem"]
    assert row == ["'=cmd@", "Bo", "Beta", "3", "“=cmd@” is no address like ava@example.com."]


def test_what_is_shown_again_begins_nothing(alice, read):
    columns = upload(alice).location

    page = alice.post(
        columns, {"column-0": "email", "column-1": "last_name", "duplicates": "update", "again": "1"}
    )

    assert page.status_code == 200
    assert chosen(page.text)["column-1"] == "last_name"
    assert [each.state for each in read(ContactImport)] == ["uploaded"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose the column that holds the addresses."),
        ({"column-0": "email", "column-1": "email"}, "Two columns go to “Address”"),
        ({"column-0": "email", "column-1": "is_admin"}, "Choose from what each column offers."),
        ({"column-0": "email", "duplicates": "both"}, "There is a problem"),
        ({"column-0": "email", "tags": "x" * 41}, "A tag has 40 characters at most"),
        ({"column-0": "email", "tags": "a\nb"}, "Remove the line break or control character."),
    ],
)
def test_columns_that_cannot_be_meant_are_said_where_they_are_chosen(alice, read, fields, sentence):
    columns = upload(alice).location

    page = alice.post(columns, {"duplicates": "update"} | fields)

    assert page.status_code == 422
    assert sentence in words(page.text)
    assert [each.state for each in read(ContactImport)] == ["uploaded"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (b"PK\x03\x04...", "This is an Excel workbook"),
        (b"hello\nworld\n", "None of the first rows of this file holds an address."),
        (b"\0\1\2\3" * 50, "This is no text file"),
    ],
)
def test_what_is_no_file_of_contacts_is_said_beside_the_field(alice, read, data, sentence):
    page = upload(alice, data)

    assert page.status_code == 422
    assert sentence in words(page.text)
    assert 'value="Leads"' in page.text
    assert read(ContactImport) == []


def test_a_form_without_a_file_or_without_a_book_says_what_is_missing(alice):
    assert "Choose a CSV file." in words(alice.post(URL, {"new_book": "Leads"}).text)
    assert "give a new one a name" in words(upload(alice, new_book=" ").text)
    assert "no longer exists" in words(upload(alice, book="77").text)
    assert "no longer exists" in words(upload(alice, book="x").text)


def test_a_file_that_is_too_large_is_refused_with_the_sentence(alice, read):
    page = alice.client.post(
        URL,
        input_stream=io.BytesIO(b"x" * 1000),
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(LARGEST_FILE + 10_000_000)},
        headers={"X-CSRFToken": alice.token},
    )

    assert page.status_code == 413
    assert "This file is larger than 50 MB. Split it" in words(page.text)
    assert read(ContactImport) == []


def test_a_file_a_little_too_large_gets_the_same_sentence(alice, monkeypatch):
    monkeypatch.setattr(contact_files, "LARGEST_FILE", 20)

    page = upload(alice)

    assert (page.status_code, "Split it" in words(page.text)) == (413, True)


def test_a_stranger_sends_no_large_file(app, cast):
    length = {"CONTENT_LENGTH": "2000000", "CONTENT_TYPE": "multipart/form-data; boundary=b"}
    answer = app.test_client().post(URL, environ_overrides=length)

    assert answer.status_code == 413
    assert "50 MB" not in answer.text


def test_a_second_file_may_go_into_the_same_book(alice, read):
    upload(alice)
    [book] = read(AddressBook)

    upload(alice, book=str(book.id), new_book="")
    upload(alice, new_book="Leads")

    assert [each.book_id for each in read(ContactImport)] == [book.id] * 3


def test_settled_columns_lead_to_the_progress_and_begin_nothing_again(alice, read):
    columns = upload(alice).location
    alice.post(columns, {"column-0": "email", "duplicates": "update"})

    assert "/columns" not in alice.get(columns).location
    assert "/columns" not in alice.post(columns, {"column-0": "email", "duplicates": "update"}).location
    assert [line.action for line in read(AuditEvent)] == ["contacts_imported"]


def test_a_file_that_is_gone_before_its_columns_were_chosen_leads_back(alice):
    columns = upload(alice).location
    with alice.app.app_context():
        for path in contact_files.kept_files():
            path.unlink()

    assert alice.get(columns).location == URL
    assert "no longer on this server" in words(alice.get(URL).text)
