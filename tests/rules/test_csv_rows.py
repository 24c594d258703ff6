"""Rows of files that somebody has broken: each costs itself and none of its neighbours."""

import csv
import io
import time

from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.csv_rows import MOST_LINES, read_rows


def rows(text, delimiter=","):
    return [tuple(row) for row in read_rows(io.StringIO(text, newline=""), delimiter)]


def test_rows_come_with_the_line_they_begin_on_and_blank_ones_are_left_out():
    text = 'a,b\r\n\r\n,\r\n"one\r\ntwo",3\r\nlast,"x ""y"""'

    assert rows(text) == [
        (1, ["a", "b"], False),
        (4, ["one\r\ntwo", "3"], False),
        (6, ["last", 'x "y"'], False),
    ]


def test_a_quotation_mark_that_nobody_closed_costs_its_own_row_only():
    text = 'a@b.c,1\nd@e.f,"never closed\ng@h.i,3\nj@k.l,4\n'

    assert rows(text) == [
        (1, ["a@b.c", "1"], False),
        (2, ["d@e.f", '"never closed'], True),
        (3, ["g@h.i", "3"], False),
        (4, ["j@k.l", "4"], False),
    ]


def test_one_that_is_closed_much_later_costs_no_more():
    text = 'x,"open\n' + "a@b.c,1\n" * (MOST_LINES + 10) + 'y,"\n'

    found = rows(text)

    assert [row[2] for row in found] == [True] + [False] * (MOST_LINES + 10) + [True]
    assert [row[0] for row in found] == list(range(1, MOST_LINES + 13))


def test_marks_in_the_middle_of_a_value_are_a_broken_row():
    assert rows('"Acme "Best" Inc",a@b.c\nd@e.f,2\n') == [
        (1, ['"Acme "Best" Inc"', "a@b.c"], True),
        (2, ["d@e.f", "2"], False),
    ]


def test_a_field_longer_than_any_is_a_broken_row():
    found = rows("a," + "x" * 200_000 + "\nb@c.d,2\n")

    assert [(row[0], row[2]) for row in found] == [(1, True), (2, False)]


def test_many_broken_rows_cost_time_that_grows_with_them():
    start = time.process_time()

    assert len(rows('a@b.c,"x\n' * 20_000)) == 20_000
    assert time.process_time() - start < 2


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), max_size=6))
def test_whatever_a_csv_writer_wrote_is_read_as_it_was(table):
    written = io.StringIO(newline="")
    csv.writer(written).writerows(table)
    written.seek(0)

    assert [row.fields for row in read_rows(written, ",")] == [row for row in table if any(row)]


@given(st.text(alphabet='",\n\r\0a', max_size=60))
def test_no_text_stops_the_reading_and_none_of_its_letters_is_lost(text):
    found = list(read_rows(io.StringIO(text, newline=""), ","))

    assert sum("".join(row.fields).count("a") for row in found) == text.count("a")
    assert [row.line for row in found] == sorted({row.line for row in found})
