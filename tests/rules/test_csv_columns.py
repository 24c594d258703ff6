"""Files of contacts as they come out of mail clients, spreadsheets and sales tools."""

import pytest

from nimbus.rules.csv_columns import (
    NoCsv,
    field_name,
    find_encoding,
    guess_columns,
    guess_delimiter,
    guess_without_header,
    has_header,
)

TEXT = "Email,Vorname\nzoe@example.com,Zoë\nkun@example.com,Łukasz\n"


def encoding_of(data, size=7):
    return find_encoding(data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_is_found_whatever_pieces_a_file_is_read_in(encoding):
    data = TEXT.encode(encoding)

    assert find_encoding([data]) == encoding
    assert data.decode(encoding) == TEXT
    if encoding != "utf-16-le":  # the first piece decides, and this one is long enough in every other
        assert encoding_of(data, size=31) == encoding


def test_what_is_not_utf_8_far_behind_the_beginning_is_windows_1252():
    data = b"email,name\n" + b"a@example.com,a\n" * 5000 + "zoe@example.com,Zoë “Z”\n".encode("cp1252")

    assert encoding_of(data, size=4096) == "cp1252"
    assert encoding_of("email\nñ@example.com".encode("cp1252")) == "cp1252"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty"),
        (b" \r\n\n", "This file is empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel file"),
        (b"%PDF-1.7", "This is a PDF"),
        (bytes(range(32)) * 20, "no text file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "no text file"),
        (b"email\nx\x81\x8d\x8f", "letters of this file cannot be read"),
        (b"\xff\xfea\0b", "letters of this file cannot be read"),
    ],
)
def test_what_is_no_csv_file_is_named_in_a_sentence(data, sentence):
    with pytest.raises(NoCsv, match=sentence):
        find_encoding([data])


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("email,name\na@b.c,Ada\n", ","),
        ("email;name\na@b.c;Able, Ada\nd@e.f;Other, One\n", ";"),
        ("email\tname\na@b.c\tx,y;z\n", "\t"),
        ("email|name\na@b.c|x\n", "|"),
        ('email,note\na@b.c,"one;two;three"\nb@b.c,"x;y"\n', ","),
        ("email\na@b.c\n", ","),
        ("", ","),
    ],
)
def test_the_sign_between_columns_is_the_one_that_makes_equal_rows(sample, delimiter):
    assert guess_delimiter(sample) == delimiter


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["Email", "First Name", "Last Name"], ["email", "first_name", "last_name"]),
        (["E-Mail-Adresse", "Vorname", "Nachname", "Firma"], ["email", "first_name", "last_name", "firma"]),
        (["Prénom", "Nom", "Adresse mail", "Tags"], ["first_name", "last_name", "email", "tags"]),
        (["Work Email", "Email"], ["email", ""]),
        (["Job title", "Job-Title", "", "2nd line"], ["job_title", "", "", "field_2nd_line"]),
        (["given_name", "SURNAME", "mail"], ["first_name", "last_name", "email"]),
    ],
)
def test_columns_are_guessed_from_their_titles_and_none_twice(header, columns):
    assert guess_columns(header) == columns


def test_a_first_row_with_an_address_names_no_columns():
    assert has_header(["Email", "Name"])
    assert not has_header(["Ada", "ada@example.com"])
    assert guess_without_header([["Ada", "ada@example.com", "x"], ["Bo"]]) == ["", "email", ""]
    assert guess_without_header([]) == []
    assert guess_without_header([["x", "y"]]) == ["", ""]


def test_a_title_becomes_the_name_of_a_field():
    assert field_name("  Größe (cm) ") == "grosse_cm"
    assert field_name("日本") == ""
    assert field_name("x" * 60) == "x" * 40
    assert field_name("9" * 60) == "field_" + "9" * 34
