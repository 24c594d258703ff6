"""The forms that the product's own pages offer, filled in: so that a refused request is one that would have worked."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound

from tests.browse import Browser, Page
from tests.cast import PASSWORD

_BUTTONS = {"submit", "image", "button", "reset"}
FILE = b"email,name\r\nada@example.com,Ada\r\n"  # what a field for a file is given
_PAGES, _ALIKE = 400, 3  # at most, in all and with the same names in their queries
# What a person would type where the page leaves a field empty.
_TYPED = {
    "email": "somebody@example.com",
    "to": "somebody@example.com",
    "password": PASSWORD,
    "current_password": PASSWORD,
    "new_password": "a quite different password",
    "floor": "70",
}

# What a person would choose where any other choice makes no sense: some column holds the addresses.
_CHOSEN = {"column-0": "email"}


@dataclass
class Site:
    """What a walk over all pages found: forms by endpoint, and the names that addresses have for their queries."""

    pages: dict[str, str] = field(default_factory=dict)
    forms: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    queries: set[str] = field(default_factory=set)

    def filled(self, endpoint: str) -> list[dict[str, str]]:
        """What its forms send; nothing at all where no page has one just now."""
        return self.forms.get(endpoint) or [{}]


class _Forms(Page):
    """A page's forms: (method, address, fields). A button that has a name makes one more of them."""

    def __init__(self, html: str) -> None:
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._select = ""
        super().__init__(html)

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            self.forms.append((given.get("method", "get").upper(), given.get("action", ""), self._fields))
        elif self._fields is not None:
            self._handle_field(tag, given)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag in self._open[-1:]:
            self._open.pop()

    def handle_endtag(self, tag):
        super().handle_endtag(tag)
        if tag == "form":
            self._fields = None

    def _handle_field(self, tag, given):
        name, kind, value = given.get("name"), given.get("type", "text"), given.get("value", "")
        if tag == "select":
            self._select = name or ""
        elif tag == "option" and self._select:
            # What is chosen now would change nothing: another choice shows whether a request had its way.
            if "selected" not in given or self._select not in self._fields:
                self._fields[self._select] = _CHOSEN.get(self._select, value)
        elif not name:
            return
        elif tag == "button" or kind in _BUTTONS:
            method, action, fields = self.forms[-1]
            self.forms.append(
                (
                    given.get("formmethod", method).upper(),
                    given.get("formaction", action),
                    fields | {name: value},
                )
            )
        elif kind != "radio" or "checked" not in given or name not in self._fields:
            usual = {"hidden": "", "datetime-local": "", "number": "5", "numeric": "5"}
            usual = usual.get(given.get("inputmode", kind), "typed")
            self._fields[name] = value or _TYPED.get(name, usual)


def walk(browser: Browser, starts: list[str]) -> Site:
    """Read every page that links lead to, each kind once, and keep what can be sent from them."""
    site, waiting, seen = Site(), list(starts), Counter()
    while waiting and len(site.pages) < _PAGES:
        url = waiting.pop(0)
        kind = _kind(browser.app, url, "GET")
        if kind is None or url in site.pages or seen[kind] >= _ALIKE:
            continue
        seen[kind] += 1
        site.queries |= {name for name, _ in parse_qsl(urlsplit(url).query)}
        response = browser.client.get(url)
        if response.mimetype == "text/html":
            site.pages[url] = response.text
            waiting += _read(browser.app, site, url, response.text)
    return site


def _read(app: Flask, site: Site, url: str, html: str) -> list[str]:
    """Note the forms of a page; gives the addresses it leads to."""
    page = _Forms(html)
    for method, action, fields in page.forms:
        kind = _kind(app, urljoin(url, action), method)
        if method == "GET":
            site.queries |= fields.keys()
        elif kind:
            form = {name: value for name, value in fields.items() if name != "csrf_token"}
            site.forms[kind[0]] += [form] if form not in site.forms[kind[0]] else []
    links = [attrs[name] for _, attrs in page.tags for name in ("href", "hx-get") if attrs.get(name)]
    return [urljoin(url, link) for link in links if not urlsplit(link).netloc and not link.startswith("#")]


def _kind(app: Flask, url: str, method: str) -> tuple[str, ...] | None:
    """What makes two addresses the same page for us: endpoint, arguments, and the names in the query."""
    parts = urlsplit(url)
    try:
        endpoint, values = app.url_map.bind("localhost").match(parts.path or "/", method=method)
    except (NotFound, MethodNotAllowed):
        return None
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return (endpoint, *(f"{name}={value}" for name, value in sorted(values.items())), *names)
