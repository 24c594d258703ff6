"""A file that a spreadsheet opens as text, whatever somebody has typed."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.csv_lines import csv_line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (["a", "b"], '"a","b"\r\n'),
        ([""], '""\r\n'),
        (['say "hello"', "1,2"], '"say ""hello""","1,2"\r\n'),
    ],
)
def test_every_field_is_quoted_and_every_line_ends_in_cr_lf(fields, line):
    assert csv_line(fields) == line


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\0"])
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(first):
    assert csv_line([f"{first}HYPERLINK(1)"]) == f'"\'{first}HYPERLINK(1)"\r\n'
    assert csv_line([f"a{first}"]) == f'"a{first}"\r\n'


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="=+-@\t\r\0")), min_size=1))
def test_a_reader_of_csv_gets_the_fields_back(fields):
    assert next(csv.reader(io.StringIO(csv_line(fields), newline=""))) == fields
