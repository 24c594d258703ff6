"""Where a request may lead to next: only ever a path of this site."""

from urllib.parse import SplitResult, urlsplit

from flask import request


def own_path(wanted: str | None) -> str | None:
    """What was asked for, when it is a path of this site; None for anything that a browser could read as another."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or "\\" in wanted:
        return None
    parts = _split(wanted)
    return None if parts is None or parts.scheme or parts.netloc else wanted


def way_back() -> str | None:
    """Where this request can be begun again with a link: its own address, or that of the page it was sent from."""
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return request.full_path.rstrip("?") if request.method == "GET" else request.path
    page = _split(request.referrer or "")
    if page is None or page.netloc != request.host:
        return None
    return own_path(f"{page.path}?{page.query}" if page.query else page.path)


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None for what is none, such as half an IPv6 address in place of a host."""
    try:
        return urlsplit(url)
    except ValueError:
        return None
