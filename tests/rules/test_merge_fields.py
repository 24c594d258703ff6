"""Merge fields: one pass, nothing computed, nothing left open, and each error names its field and its place."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.merge_fields import LONGEST_COPY, CopyKind, MergeError, check_fields, merge, read_copy

ADA = {"first_name": "Ada", "last_name": "", "company": "Analytical & Sons", "email": "ada@example.com"}
PLACE = "the text of step 2"


def merged(text, values=ADA, kind=CopyKind.TEXT):
    return merge(read_copy(text, kind=kind, place=PLACE), values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {{first_name}}!", "Hello Ada!"),
        ("Hello {{ First_Name }}!", "Hello Ada!"),
        ("{{first_name|there}} {{last_name|friend}}", "Ada friend"),
        ("Dear {{last_name|}}.", "Dear ."),
        ("{{last_name | my  friend }}", "my  friend"),
        ("{{email}}{{email}}", "ada@example.comada@example.com"),
        ("A { brace }} and one more }", "A { brace }} and one more }"),
        ("no field", "no field"),
        ("", ""),
    ],
)
def test_a_field_becomes_the_contacts_value_or_what_stands_in_for_it(text, expected):
    assert merged(text) == expected


@pytest.mark.parametrize(
    "value", ["{{company}}", "{{", "{{first_name|x}}", "{% raw %}", "{{7*7}}", "\\1", "%s{0}"]
)
def test_what_a_value_holds_is_never_read_as_a_field(value):
    assert merged("<{{first_name}}>", ADA | {"first_name": value}) == f"<{value}>"
    assert merged("{{last_name|<{{company}}>", ADA) == "<{{company>"


def test_a_missing_value_is_an_error_that_names_the_field_and_the_place():
    with pytest.raises(MergeError, match=r"no last_name, which the text of step 2 needs") as refused:
        merged("Dear {{last_name}}")

    assert (refused.value.field, refused.value.place) == ("last_name", PLACE)


def test_a_value_of_blanks_is_a_missing_value():
    assert merged("{{first_name|there}}", ADA | {"first_name": " \t"}) == "there"


def test_an_unknown_field_is_an_error_that_names_the_nearest():
    with pytest.raises(
        MergeError, match=r"no field \{\{firstname\}\}.*Did you mean \{\{first_name\}\}"
    ) as refused:
        merged("Hi {{firstname|there}}")
    assert refused.value.field == "firstname"

    copy = read_copy("{{first_name}} {{zzz}}", kind=CopyKind.TEXT, place=PLACE)
    with pytest.raises(MergeError, match=r"no field \{\{zzz\}\}, and it stands in the text of step 2\.$"):
        check_fields(copy, ADA)


@pytest.mark.parametrize("text", ["Hi {{first_name", "Hi {{first_name}", "{{" + "a" * 300 + "}}", "{{{{{{"])
def test_a_field_that_is_not_closed_is_an_error(text):
    with pytest.raises(MergeError, match="not closed in the text of step 2"):
        merged(text)


@pytest.mark.parametrize(
    "inside", ["", " ", "first name", "a.b", "__class__", "7", "a" * 41, "config.items()", "{first_name", "é"]
)
def test_what_is_no_name_is_no_field(inside):
    with pytest.raises(MergeError, match="is no field"):
        merged("{{" + inside + "}}")


def test_a_subject_stays_one_line_whatever_a_value_holds():
    evil = "x\r\nBcc: all@example.com\u2028y\0z"

    subject = merged("For {{first_name}}\n", ADA | {"first_name": evil}, CopyKind.SUBJECT)

    assert subject == "For x  Bcc: all@example.com y z "


def test_a_value_in_html_is_text_and_stays_in_its_attribute():
    values = ADA | {"first_name": """<b onclick='x'>"Ada" & co</b>"""}

    html = merged('<a title="{{first_name}}">{{company}} {{last_name|<i>}}</a>', values, CopyKind.HTML)

    safe = "&lt;b onclick=&#x27;x&#x27;&gt;&quot;Ada&quot; &amp; co&lt;/b&gt;"
    assert html == f'<a title="{safe}">Analytical &amp; Sons &lt;i&gt;</a>'


def test_a_text_keeps_the_lines_of_a_value_and_loses_what_cannot_be_seen():
    assert merged("{{first_name}}", ADA | {"first_name": "a\nb\tc\x07d"}) == "a\nb\tc d"


@pytest.mark.parametrize("piece", ["{{first_name}} ", "{ ", "}} ", "{{last_name|x}}", "plain "])
def test_two_megabytes_are_merged_within_two_seconds(piece):
    start = time.process_time()

    merged(piece * (LONGEST_COPY // len(piece)))

    assert time.process_time() - start < 2


def test_more_than_two_megabytes_are_refused_with_a_sentence():
    with pytest.raises(MergeError, match="2,000,001 characters, and 2,000,000 are the most"):
        merged("x" * (LONGEST_COPY + 1))


def test_a_long_value_in_many_fields_is_refused_before_it_fills_the_memory():
    with pytest.raises(MergeError, match=r"becomes 5,000,000,000 characters long"):
        merged("{{first_name}}" * 5_000, ADA | {"first_name": "x" * 1_000_000})


@given(st.text(alphabet="{}|a \n", max_size=30))
def test_any_braces_are_either_merged_or_refused(text):
    try:
        result = merged(text, {"a": "{{a}}"})
    except MergeError:
        assert "{{" in text
    else:
        assert text.replace("{{", "") == text == result or "{{" in text


def test_fields_are_named_once_and_in_order():
    assert read_copy("{{b}}{{a|x}}{{b|y}}", kind=CopyKind.TEXT, place=PLACE).fields == ["b", "a"]
