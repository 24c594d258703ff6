"""Strings that have broken other people's software, each of them in all fields of the form at once."""

from tests.web.test_connect_naughty import fill_with, naughty

__all__ = ["naughty"]


def test_no_string_breaks_any_field_of_the_form(alice, naughty):
    for text in naughty:
        fill_with(alice, [text])
