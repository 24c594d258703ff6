"""Sending one request of the map as somebody, and comparing what came back."""

from io import BytesIO

from werkzeug.test import TestResponse

from nimbus.rules.roles import Role, may
from tests.browse import Browser
from tests.sweeps.forms import FILE
from tests.sweeps.routes import Route

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
SITE = "http://localhost"


def ask(
    browser: Browser,
    route: Route,
    form: dict[str, str] | None = None,
    *,
    htmx: bool = False,
    headers: dict[str, str] | None = None,
    token: str | None = None,
) -> TestResponse:
    """One request with the token that the page would have sent, or with another one; empty for none."""
    token = browser.token if token is None else token
    sent = (HTMX if htmx else {}) | (headers or {})
    if route.is_safe:
        return browser.client.open(route.url, method=route.method, headers=sent)
    if htmx and token:
        sent = {"X-CSRFToken": token} | sent
    elif token:
        form = {"csrf_token": token} | (form or {})
    data = {
        name: (BytesIO(FILE), "list.csv") if name == "file" else value for name, value in (form or {}).items()
    }
    return browser.client.open(route.url, method=route.method, data=data, headers=sent)


def refuses(route: Route, role: Role, *, owns_instance: bool = False) -> bool:
    """Whether the route's marks keep somebody out."""
    return not may(role, route.needs) or (route.for_instance_owner and not owns_instance)


def leads_to(response: TestResponse, path: str) -> bool:
    """Whether a browser goes to that page next, by itself or told by htmx."""
    return response.headers.get("Location", response.headers.get("HX-Redirect", "")).partition("?")[0] == path


def described(route: Route, response: TestResponse) -> str:
    return f"{route}: {response.status_code} {response.headers.get('Location', '')}".rstrip()
