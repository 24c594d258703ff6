"""A test client that reads every page it gets as a browser would, and objects to what a browser would trip over."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.test import TestResponse

from nimbus.services.sign_in import open_session
from tests.cast import Person

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class Page(HTMLParser):
    """The tags of a page, with what is wrong with them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {self._open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:] or 'nothing'}")
        else:
            self._open.pop()

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]

    def field(self, name: str) -> dict[str, str]:
        """The attributes of the form field with this name."""
        return next(attrs for _, attrs in self.tags if attrs.get("name") == name)


class Browser:
    """Gets and posts as a signed-in person; forms carry the token that a page would have given."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.token = ""

    def sign_in(self, person: Person) -> "Browser":
        with self.app.app_context():
            session_token = open_session(
                person.workspace_id, person.user_id, address="127.0.0.1", browser="tests"
            )
        with self.app.test_request_context():
            self.token = generate_csrf()
            given = dict(session)
        with self.client.session_transaction() as cookie:
            cookie.update(given, _user_id=session_token, _fresh=True)
        return self

    def get(self, url: str, *, htmx: bool = False, **options) -> TestResponse:
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
        return self._checked(
            self.client.get(url, headers=headers | options.pop("headers", {}), **options), htmx=htmx
        )

    def post(
        self, url: str, data: dict | None = None, *, htmx: bool = False, follow: bool = False
    ) -> TestResponse:
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if htmx else {}
        response = self.client.post(
            url, data={"csrf_token": self.token} | (data or {}), headers=headers, follow_redirects=follow
        )
        return self._checked(response, htmx=htmx)

    def _read_token(self, url: str) -> str:
        page = Page(self.client.get(url).text)
        return page.field("csrf_token")["value"]

    def _checked(self, response: TestResponse, *, htmx: bool) -> TestResponse:
        if (
            response.mimetype != "text/html"
            or response.status_code in {301, 302, 303, 308}
            or not response.data
        ):
            return response
        page = Page(response.text)
        faults = list(page.faults)
        faults += [f"id “{each}” twice" for each in set(page.ids) if page.ids.count(each) > 1]
        faults += [fault for tag in page.tags for fault in self._faults(*tag, page, htmx=htmx)]
        assert not faults, f"{response.request.path}: {faults}"
        return response

    def _faults(self, tag: str, attrs: dict[str, str], page: Page, *, htmx: bool) -> list[str]:
        faults = [f"inline {name}" for name in attrs if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "form" and attrs.get("method", "get").lower() == "post":
            faults += (
                [] if self._resolves(attrs.get("action"), "POST") else [f"form to {attrs.get('action')}"]
            )
        if tag == "a" and not self._resolves(attrs.get("href"), "GET"):
            faults.append(f"link to {attrs.get('href')}")
        if not self._resolves(attrs.get("hx-get"), "GET"):
            faults.append(f"hx-get to {attrs['hx-get']}")
        target = attrs.get("hx-target", "this")
        if not htmx and target.startswith("#") and target[1:] not in page.ids:
            faults.append(f"hx-target {target}")
        return faults

    def _resolves(self, url: str | None, method: str) -> bool:
        """Whether one of our routes answers this address; other hosts are not asked."""
        if not url or url.startswith(("#", "?")) or urlsplit(url).netloc:
            return True
        try:
            self.app.url_map.bind("localhost").match(urlsplit(url).path, method=method)
        except (NotFound, MethodNotAllowed):
            return False
        return True
