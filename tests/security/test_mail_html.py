"""HTML that somebody wrote keeps its words and loses whatever acts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.security.mail_html import clean_html, plain_html
from tests.browse import Page

PIECES = st.lists(
    st.sampled_from(
        [
            *("<p>", "</p>", "<b>", "</b>", "<script>", "</script>", "<svg", "<style>", "</style>", "<math>"),
            *('<a href="', "javascript:", "data:text/html,", '">', " onload=", "<img src=x onerror=", "<!--"),
            *(
                "-->",
                "<iframe",
                "<form action=//x>",
                "<base href=//x>",
                "<noscript>",
                "&lt;",
                "words",
                "'",
                ">",
            ),
        ]
    ),
    max_size=30,
).map("".join)
ACTING = {"script", "style", "iframe", "form", "base", "svg", "math", "noscript", "object", "link", "meta"}


def acts(html):
    """What a reader's program might do with this beside showing it."""
    tags = Page(html).tags
    found = [tag for tag, _ in tags if tag in ACTING]
    found += [name for _, attrs in tags for name in attrs if name.startswith("on") or name == "style"]
    leads = [attrs[name] for _, attrs in tags for name in ("href", "src") if name in attrs]
    return found + [url for url in leads if url.strip().lower().startswith(("javascript:", "data:"))]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
        ("<p style='x' class=y onclick=z()>Hi</p>", "<p>Hi</p>"),
        ("<script>go()</script>Hi", "Hi"),
        ("<a href='javascript:go()'>x</a>", "<a>x</a>"),
        ("<a href='https://x.test/?a=1&amp;b=2'>x</a>", '<a href="https://x.test/?a=1&amp;b=2">x</a>'),
        ("<form action=/x><input name=a>Hi</form>", "Hi"),
        ("<img src='https://x.test/y.png' alt='Y'>", '<img src="https://x.test/y.png" alt="Y">'),
        ("a & b < c", "a &amp; b &lt; c"),
        ("<p>left open", "<p>left open</p>"),
    ],
)
def test_words_stay_and_what_acts_goes(written, kept):
    assert clean_html(written) == kept


@given(PIECES)
@settings(deadline=None)
def test_nothing_that_acts_gets_through_however_it_is_written(written):
    assert acts(clean_html(written)) == acts(plain_html(written)) == []


def test_a_page_of_ours_shows_neither_links_nor_pictures_nor_headings():
    shown = plain_html("<h1>Hi</h1><a href='https://x.test'>x</a><img src='https://x.test/y.png'>")

    assert shown == "Hi<a>x</a>"
