"""Reading a page as a person does: its words, its forms, and what stays the same between two requests."""

import re

from tests.browse import Page

_TOKEN = re.compile(r'(name="csrf_token" value=|"X-CSRFToken": )"[^"]*"')


def words(html):
    """The visible text on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def without_token(html):
    """The page without the form token, which changes with every second."""
    return _TOKEN.sub(r"\1…", html)


def same_part(fragment, page):
    """Whether the fragment stands in the page, byte for byte."""
    return without_token(fragment).strip() in without_token(page)


def hidden_fields(html):
    """What a form sends without anybody typing, apart from its token."""
    inputs = (attrs for tag, attrs in Page(html).tags if tag == "input" and attrs.get("type") == "hidden")
    return {attrs["name"]: attrs.get("value", "") for attrs in inputs if attrs["name"] != "csrf_token"}


def links(html):
    """Where the links of a page lead, in order."""
    return [attrs["href"] for tag, attrs in Page(html).tags if tag == "a" and "href" in attrs]
