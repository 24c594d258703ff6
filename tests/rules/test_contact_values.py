"""What a row of a file says of a contact, and what it cannot say."""

import pytest

from nimbus.rules.contact_values import (
    BadValue,
    NewContact,
    RowReader,
    check_columns,
    is_plain_address,
    merge_values,
    one_line,
    split_tags,
    together,
)

COLUMNS = ["email", "first_name", "", "company", "tags"]


def unusual(email):
    raise BadValue(f"“{email}” is no address.")


READER = RowReader(COLUMNS, unusual)


def test_a_row_becomes_a_contact_by_the_targets_of_its_columns():
    contact = READER.read([" Ada@Example.COM ", "Ada\r\nMae", "left out", "Acme", "vip; Paris,vip"])

    assert contact == NewContact("ada@example.com", "Ada Mae", "", {"company": "Acme"}, ("vip", "paris"))
    assert READER.read(["ada@example.com"]) == NewContact("ada@example.com", "", "", {}, ())
    assert READER.read(["ada@example.com", "", "", "", "", " ", ""]).email == "ada@example.com"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["", "Ada"], "There is no address in this row"),
        (["ada at example.com"], "“ada at example.com” is no address"),
        (["ada@example.com\nbcc: all@example.com"], "The address holds a line break"),
        (["a\0da@example.com"], "The address holds a line break or another character"),
        (["ada@example.com", "A\0da"], "It holds a NUL"),
        (["ada@example.com", "x" * 1001], "A value has 1,001 characters, and 1,000 are the most"),
        (["ada@example.com", "", "", "", "t" * 41], "A tag has 40 characters at most"),
        (["ada@example.com", "", "", "", ",".join(map(str, range(21)))], "20 tags at most"),
        (["ada@example.com", "Able", "Ada", "x", "", "more"], "This row has 6 columns, and the file has 5"),
    ],
)
def test_a_row_that_cannot_be_a_contact_says_why(row, sentence):
    with pytest.raises(BadValue, match=sentence):
        READER.read(row)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["email"], None),
        (["email", "", "company"], None),
        (["first_name"], "Choose the column that holds the addresses."),
        (["email", "email"], "Two columns go to “Address”. Choose one of them."),
        (["email", "x", "x"], "Two columns go to “x”. Choose one of them."),
        (["email", "Über"], "“Über” cannot be the name of a field"),
        (["email", "a" * 41], f"“{'a' * 40}” cannot be the name of a field"),
        (["email", *(f"f{n}" for n in range(41))], "A contact has 40 fields of its own at most."),
    ],
)
def test_columns_that_make_no_contact_are_named(columns, problem):
    found = check_columns(columns) or ""

    assert found.startswith(problem or "")
    assert bool(found) == bool(problem)


@pytest.mark.parametrize(
    "text", ["a@b.co", "ada.mae_9+x@mail.example-site.com", "o'neil@example.travel", f"{'a' * 64}@b.co"]
)
def test_an_address_of_the_usual_kind_is_told_at_once(text):
    assert is_plain_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@b",
        "a@@b.co",
        ".a@b.co",
        "a.@b.co",
        "a..b@c.co",
        "a@-b.co",
        "a@b.c0.",
        "a@b.1",
        "ä@b.co",
        "A@b.co",
        "a@b.co\n",
        f"{'a' * 65}@b.co",
        f"a@{'b' * 64}.co",
        "a@" + "b." * 130 + "co",
        "a@127.0.0.1",
        "<a@b.co>",
        "a@b.co,c@d.co",
    ],
)
def test_what_may_be_none_is_looked_at_closely(text):
    assert not is_plain_address(text)


def test_two_rows_about_one_contact_are_put_together_and_the_later_counts():
    earlier = NewContact("a@b.co", "Ada", "Able", {"x": "1", "y": "1"}, ("p",))
    later = NewContact("a@b.co", "", "Mae", {"y": "2"}, ("q", "p"))

    assert together(earlier, later) == NewContact("a@b.co", "Ada", "Mae", {"x": "1", "y": "2"}, ("p", "q"))


def test_merge_fields_get_every_field_there_is_and_the_address_is_never_one_of_ones_own():
    contact = NewContact("a@b.co", "Ada", "", {"company": "Acme"}, ())

    values = merge_values(contact, ["company", "city", "email"])

    assert values == {"email": "a@b.co", "first_name": "Ada", "last_name": "", "company": "Acme", "city": ""}


def test_values_and_tags_are_cleaned():
    assert one_line(" a\t b\x07 ") == "a b"
    assert split_tags(" VIP |vip;; ") == ("vip",)
    assert split_tags("") == ()
