"""What a browser is told with every answer of every route, refusals and failures included."""

import re

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from tests.sweeps.asking import HTMX, ask
from tests.sweeps.judge import PROVIDERS, leads_away
from tests.sweeps.routes import routes

HTTPS = {"NIMBUS_BASE_URL": "https://nimbus.example.com"}
SAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}
# Other people's HTML, which a page of ours shows in a frame.
FRAMED = SAYS | {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
}
FEATURES = {
    "camera",
    "display-capture",
    "fullscreen",
    "geolocation",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
}
TOO_MUCH = {"field": "x" * (1024 * 1024 + 1)}
UNKNOWN = (
    "/nowhere",
    "/email-accounts/x",
    "/assets/../keys",
    "/email-accounts/",
    "/.git/config",
    "/metrics",
    "/console",
)


@pytest.fixture(params=[{}, HTTPS], ids=["http", "https"])
def environ(request):
    return PROVIDERS | request.param


def wrong_with(app, answer):
    """What a reviewer of headers would object to."""
    https, headers = app.config["SESSION_COOKIE_SECURE"], answer.headers
    is_framed = answer.status_code == 200 and re.fullmatch(r"/replies/messages/\d+/html", answer.request.path)
    says = FRAMED if is_framed and answer.request.method in {"GET", "HEAD"} else SAYS
    faults = [
        f"{name}: {headers.get(name)}" for name, value in says.items() if headers.getlist(name) != [value]
    ]
    denied = set(re.findall(r"([\w-]+)=\(\)(?:, |$)", headers.get("Permissions-Policy", "")))
    faults += [] if denied >= FEATURES else [f"allows {FEATURES - denied}"]
    faults += [] if ("Strict-Transport-Security" in headers) == https else ["HSTS"]
    is_asset = answer.request.path.startswith("/assets/") and answer.mimetype in {
        "text/css",
        "text/javascript",
        "image/svg+xml",
    }
    kept = "public, max-age=31536000, immutable" if is_asset else "private, no-store"
    faults += [] if headers.get("Cache-Control") == kept else [f"kept: {headers.get('Cache-Control')}"]
    faults += [
        f"shared with {value}" for name, value in headers.items() if name.startswith("Access-Control-")
    ]
    faults += [f"leads to {url}" for url in leads_away(answer)]
    faults += [] if not answer.data or headers.get("Content-Type") else ["no type"]
    return faults + [
        fault for cookie in headers.getlist("Set-Cookie") for fault in wrong_with_cookie(cookie, https=https)
    ]


def wrong_with_cookie(cookie, *, https):
    first, *rest = cookie.split("; ")
    needed = {"HttpOnly", "Path=/"} | ({"Secure"} if https else set())
    faults = [f"{first[:20]} without {needed - set(rest)}"] if needed - set(rest) else []
    faults += [] if {"SameSite=Lax", "SameSite=Strict"} & set(rest) else [f"{first[:20]} without SameSite"]
    faults += [f"{first[:20]} for {each}" for each in rest if each.startswith("Domain")]
    return faults + ([] if first.startswith("__Host-") == https else [f"{first[:20]} is its name"])


def faults_of(app, answers):
    """Each fault once, with the first answer that has it; and that there was something to look at."""
    found, statuses = {}, set()
    for answer in answers:
        statuses.add(answer.status_code)
        for fault in wrong_with(app, answer):
            found.setdefault(fault, f"{answer.status_code} {answer.request.method} {answer.request.path}")
    return found, statuses


def every_request(world, *, htmx):
    for name in (None, "alice"):
        browser = world.sign_in(name)
        for route in routes(world.app, world.acme, every_method=True):
            if route.endpoint != "sessions.end":
                yield ask(browser, route, htmx=htmx)
            if route.known and not route.is_safe:
                yield ask(browser, route, htmx=htmx, token="")


@pytest.mark.parametrize("htmx", [False, True])
def test_every_answer_of_every_route_says_what_a_browser_must_not_do(world, htmx):
    found, statuses = faults_of(world.app, every_request(world, htmx=htmx))

    assert found == {}
    assert statuses >= {200, 400, 403, 404, 405, 422, 401 if htmx else 303}


def test_so_does_every_answer_to_too_much_at_once(world):
    alice = world.sign_in("alice")
    # A link to unsubscribe says all there is to say: what comes with it is not read.
    reading = (route for route in routes(world.app, world.acme) if route.endpoint != "unsubscribing.end")
    changes = [route for route in reading if not route.is_safe]

    found, statuses = faults_of(world.app, (ask(alice, route, TOO_MUCH) for route in changes))

    assert found == {}
    assert {413} <= statuses <= {413, 422}  # a page may take more than others, and then find the form wrong


def test_so_does_every_answer_while_the_database_is_broken(world):
    alice = world.sign_in("alice")
    with world.app.app_context(), transaction() as session:
        session.execute(sa.text("ALTER TABLE user_session RENAME TO lost"))
    answers = (
        ask(alice, route, htmx=htmx) for route in routes(world.app, world.acme) for htmx in (False, True)
    )

    found, statuses = faults_of(world.app, answers)

    assert found == {}
    assert 500 in statuses


def test_so_do_addresses_that_do_not_exist_and_files_that_do(world):
    alice = world.sign_in("alice")
    assets = set(re.findall(r'"(/assets/[^"#]+)', alice.client.get("/").text))
    urls = [*UNKNOWN, *assets]

    found, statuses = faults_of(
        world.app, (alice.client.get(url, headers=headers) for url in urls for headers in ({}, HTMX))
    )

    assert found == {}
    assert statuses == {200, 404}


def test_so_do_too_many_tries_and_hosts_that_are_none(world):
    stranger = world.sign_in(None)
    form = {"csrf_token": stranger.token, "email": "a@example.com", "password": "wrong"}
    tries = [stranger.client.post("/login", data=form) for _ in range(25)]
    odd = [stranger.client.get("/", headers={"Host": host}) for host in ("..", "a b", "é", "a:b:c")]

    found, statuses = faults_of(world.app, tries + odd)

    assert found == {}
    assert statuses >= {422, 429, 400}
