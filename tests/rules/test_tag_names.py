"""Names of tags: what is kept, what is the same, what is refused."""

import pytest

from nimbus.rules.tag_names import LONGEST, folded, problem, split, tidy


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  Acme  ", "Acme"), ("Orbit   Labs", "Orbit Labs"), ("", ""), ("  ", ""), ("Cafe\u0301", "Café")],
)
def test_blanks_that_say_nothing_go(typed, kept):
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    "names", [("Acme", "ACME", " acme "), ("Größe", "GRÖSSE"), ("Café", "CAFE\u0301"), ("İ", "i̇")]
)
def test_names_are_the_same_whatever_their_letters_case(names):
    assert len({folded(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A", None),
        ("x" * LONGEST, None),
        ("Größe & Söhne №1", None),
        ("", "Enter a name."),
        ("x" * (LONGEST + 1), "Use at most 40 characters for a name."),
        ("a\nb", "Remove the line break or control character."),
        ("a\x00b", "Remove the line break or control character."),
        ("a\u202eb", "Remove the line break or control character."),
        ("a,b", "Use one name, without a comma."),
    ],
)
def test_a_name_is_refused_with_the_reason(name, said):
    assert problem(name) == said


def test_a_line_of_names_gives_each_once_as_it_was_first_typed():
    assert split(" vip, Acme ,, VIP,acme, warm list ") == ["vip", "Acme", "warm list"]


@pytest.mark.parametrize("typed", ["ΰ" * LONGEST, "İ" * LONGEST, "ﬃ" * LONGEST, "ǰ" * LONGEST, " a  ẞ "])
def test_what_is_kept_stays_the_same_and_fits_its_column(typed):
    name = tidy(typed)

    assert (tidy(name), folded(folded(name))) == (name, folded(name))
    assert len(folded(name)) <= 3 * LONGEST
