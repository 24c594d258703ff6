"""Strings that have broken other people's software, each in a third of the form's fields; `make soak` puts each in all."""

import html
import json
from itertools import cycle
from pathlib import Path

import pytest

from tests.connecting.form import FORM, filled

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "naughty-strings" / "blns.json"
FREE_TEXT = (
    "display_name",
    "smtp_username",
    "imap_username",
    "smtp_password",
    "imap_password",
    "imap_folder",
)


@pytest.fixture(scope="module")
def naughty():
    if not CORPUS.exists():
        pytest.skip("The corpus of naughty strings is not beside this checkout.")
    return json.loads(CORPUS.read_text(encoding="utf-8"))


def assert_harmless(response, text):
    """The browser of the tests has parsed the page already; markup that was typed must not have become markup."""
    assert response.status_code < 500, repr(text)
    if "<" in text and html.escape(text) != text and len(text) > 3:
        assert text not in response.text, repr(text)


def fill_with(alice, texts):
    """Send the form with these strings, by turns, in its fields."""
    fields = filled(from_test="", same_login="", smtp_port_shown="")
    response = alice.post(FORM, dict(zip(fields, cycle(texts), strict=False)))

    assert response.status_code == 422, texts
    for text in texts:
        assert_harmless(response, text)


def test_no_string_breaks_any_field_of_the_form(alice, naughty):
    for first in range(0, len(naughty), 3):
        fill_with(alice, naughty[first : first + 3])


def test_no_string_breaks_a_form_that_is_shown_again(alice, naughty):
    accepted = 0
    for first in range(0, len(naughty), len(FREE_TEXT)):
        texts = dict(zip(FREE_TEXT, naughty[first:], strict=False))
        response = alice.post(FORM, filled(**texts))
        for name, text in texts.items() if response.status_code == 422 else ():
            assert_harmless(alice.post(FORM, filled(**{name: text})), text)
        if response.status_code == 303:
            accepted += 1
            form = alice.get(f"{FORM}?from_test={response.location.rpartition('/')[2]}")
            for text in texts.values():
                assert_harmless(form, text)

    assert accepted > 60


def test_no_string_breaks_the_addresses_of_tests(alice, naughty):
    for text in naughty[::9]:
        assert_harmless(alice.get(FORM, query_string={"from_test": text}), text)
        assert_harmless(alice.post("/email-accounts/connect/tests/1/fix", {"fix": text}), text)
