"""What of somebody's HTML may leave in a message, and what of that a page of ours shows."""

from functools import cache

import nh3

_BLOCKS = {"p", "div", "br", "hr", "blockquote", "pre", "ul", "ol", "li"}
_HEADINGS = {"h1", "h2", "h3"}  # a page of ours has its own
_WORDS = {"a", "b", "strong", "i", "em", "u", "s", "span", "small", "sub", "sup", "code"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
_TAGS = _BLOCKS | _WORDS | _TABLES
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign", "width"},
    "th": {"colspan", "rowspan", "align", "valign", "width"},
    "table": {"width", "align", "border", "cellpadding", "cellspacing"},
}


def clean_html(html: str) -> str:
    """HTML for a message: words, links, lists, tables and pictures; no script, form, style or anything that acts."""
    return _for_mail().clean(html)


def shown_html(html: str, *, pictures: bool) -> str:
    """Somebody else's HTML for a frame of its own, links opening elsewhere; pictures tell their sender who looks."""
    return _for_frame(pictures).clean(html)


def plain_html(html: str) -> str:
    """The same for one of our own pages: without links and pictures, so that looking at it asks nobody anything."""
    return _for_page().clean(html)


@cache
def _for_mail() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS | _HEADINGS | {"img"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )


@cache
def _for_frame(pictures: bool) -> nh3.Cleaner:  # noqa: FBT001 - a cache knows positions best
    tags = _TAGS | _HEADINGS | ({"img"} if pictures else set())
    return nh3.Cleaner(
        tags=tags,
        attributes={tag: names for tag, names in _ATTRIBUTES.items() if tag in tags},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


@cache
def _for_page() -> nh3.Cleaner:
    return nh3.Cleaner(tags=_TAGS, attributes={}, link_rel=None)
