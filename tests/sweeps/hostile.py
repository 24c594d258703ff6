"""Requests that nobody honest sends, from a seed."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from time import perf_counter
from urllib.parse import quote, unquote_to_bytes

from werkzeug.test import TestResponse

from nimbus.extensions import limiter
from tests.browse import Browser
from tests.sweeps.forms import Site
from tests.sweeps.judge import judge
from tests.sweeps.payloads import Payloads
from tests.sweeps.routes import EVERY_METHOD, Route, routes
from tests.sweeps.rows import keep
from tests.sweeps.world import World

NAMES = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Content-Encoding",
    "Content-Type",
    "Cookie",
    "Forwarded",
    "Host",
    "HX-Current-URL",
    "HX-Request",
    "HX-Request-Type",
    "HX-Target",
    "HX-Trigger",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Pragma",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Via",
    "X-CSRFToken",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Prefix",
    "X-HTTP-Method-Override",
    "X-Original-URL",
    "X-Real-IP",
    "X-Requested-With",
    "X-Rewrite-URL",
]
BODIES = (
    "application/json",
    "text/plain",
    "application/xml",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "a/b",
)


Kind = Callable[[Route, Browser], dict]


@dataclass
class Run:
    """What came of it: how many answers of each status, what was wrong with which, and how long the longest took."""

    answers: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds


class Attacker:
    """Somebody with a session, or with none, who sends what no page would."""

    def __init__(self, world: World, site: Site, seed: str) -> None:
        self.world, self.site = world, site
        self.chance = random.Random(seed)
        self.payloads = Payloads(self.chance)
        every = routes(world.app, world.acme)
        pages = [route for route in every if route.method == "GET"]
        changes = [route for route in every if not route.is_safe]
        self.kinds: tuple[tuple[Kind, list[Route]], ...] = (
            (self.path, every),
            (self.query, pages),
            (self.fields, changes),
            (self.fields, changes),
            (self.body, changes),
            (self.headers, pages + changes),
            (self.cookie, pages + changes),
        )
        self.browsers = {name: world.sign_in(name) for name in ("alice", "vera", None)}
        self.put_back = keep(world.app)
        self.mark = ""

    def run(self, count: int) -> Run:
        """Send that many requests and judge each answer."""
        run = Run()
        for number in range(count):
            if number % 25 == 0:
                self._start_afresh()
            self.mark = f"zq{number:x}q"
            name = self.chance.choice(("alice", "alice", "alice", "vera", None))
            kind, pool = self.chance.choice(self.kinds)
            route = self.chance.choice(pool)
            request = kind(route, self.browsers[name])
            request = {"path": route.url, "method": self._method(route), "headers": []} | request
            began = perf_counter()
            answer = self._send(self.browsers[name], request)
            run.slowest = max(run.slowest, perf_counter() - began)
            run.answers[answer.status_code] += 1
            run.faults += [f"{fault}: {request!r:.1500}" for fault in judge(answer, self.mark)]
        return run

    def _start_afresh(self) -> None:
        """Undo what requests that were right by chance have done: a removed account would leave nothing to attack."""
        self.put_back()
        with self.world.app.app_context():
            limiter.reset()

    def path(self, route: Route, browser: Browser) -> dict:
        """An address with something else in the place of one of its parts, or behind it."""
        parts = route.url.split("/")
        at = self.chance.randrange(1, len(parts) + 1)
        raw = self.payloads.next(self.mark).encode("utf-8", "surrogatepass")
        parts[at : at + 1] = [quote(raw, safe=self.chance.choice(("", "/.;@:")))]
        return {"path": "/".join(parts), "data": self._form(route, browser)}

    def query(self, route: Route, _browser: Browser) -> dict:
        """Names that our pages use in addresses, and some that they do not, with odd values."""
        names = [*self.chance.sample(sorted(self.site.queries), 2), self.payloads.next(self.mark)]
        pairs = [
            (self.chance.choice(names), self.payloads.next(self.mark))
            for _ in range(self.chance.randrange(1, 5))
        ]
        return {"query_string": "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)}

    def fields(self, route: Route, browser: Browser) -> dict:
        """A form of ours with odd values in one field, in some, or in all of them, its token being right."""
        form = self._form(route, browser)
        names = [name for name in form if name != "csrf_token"] + [self.payloads.next(self.mark)]
        odd = self.chance.sample(names, self.chance.choice((1, 1, min(3, len(names)), len(names))))
        changed = "&".join(
            f"{_quoted(name)}={_quoted(self.payloads.next(self.mark) if name in odd else form[name])}"
            for name in [*form, *(set(odd) - form.keys())]
        )
        return {"data": changed, "content_type": "application/x-www-form-urlencoded"}

    def body(self, route: Route, browser: Browser) -> dict:
        """Something that is no form, or a form with a file where a text belongs."""
        text = self.payloads.next(self.mark).encode("utf-8", "surrogatepass")
        if self.chance.random() < 0.5:
            file = (BytesIO(text), _in_header(self.payloads.next(self.mark)))
            form = self._form(route, browser)
            return {"data": form | {self.chance.choice(list(form)): file, "csrf_token": browser.token}}
        headers = [("X-CSRFToken", browser.token)]
        return {"data": text, "content_type": self.chance.choice(BODIES), "headers": headers}

    def headers(self, route: Route, browser: Browser) -> dict:
        """Odd values in headers that somebody may look at."""
        names = self.chance.sample(NAMES, self.chance.randrange(1, 5))
        headers = [(name, _in_header(self.payloads.next(self.mark))) for name in names]
        return {"headers": headers, "data": self._form(route, browser)}

    def cookie(self, route: Route, browser: Browser) -> dict:
        """A session cookie that is bent, or is none."""
        name = browser.app.config["SESSION_COOKIE_NAME"]
        value = browser.client.get_cookie(name).value
        at = self.chance.randrange(len(value))
        bent = (
            value[:at]
            + self.chance.choice(("", ".", "A", _in_header(self.payloads.next(self.mark))))
            + value[at + 1 :]
        )
        return {"headers": [("Cookie", f"{name}={bent}")], "data": self._form(route, browser)}

    def _form(self, route: Route, browser: Browser) -> dict[str, str]:
        return self.chance.choice(self.site.filled(route.endpoint)) | {"csrf_token": browser.token}

    def _method(self, route: Route) -> str:
        return route.method if self.chance.random() < 0.9 else self.chance.choice(EVERY_METHOD)

    def _send(self, browser: Browser, request: dict) -> TestResponse:
        if request["method"] in {"GET", "HEAD", "OPTIONS", "TRACE"}:
            request = {name: value for name, value in request.items() if name not in {"data", "content_type"}}
        # The client would read address and host as a browser does, and mend them.
        raw = {"PATH_INFO": unquote_to_bytes(request.pop("path")).decode("latin-1")}
        if host := dict(request["headers"]).get("Host"):
            raw["HTTP_HOST"] = host
        request["headers"] = [(name, value) for name, value in request["headers"] if name != "Host"]
        cookies = dict(browser.client._cookies)
        answer = browser.client.open("/", **request, environ_overrides=raw)
        browser.client._cookies = cookies  # the next request is as well signed in as this one
        return answer


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _in_header(text: str) -> str:
    """What a server lets through: the bytes of a line, as WSGI hands them on. No server passes a line end or NUL."""
    return (
        text.encode("utf-8", "surrogatepass")
        .decode("latin-1")
        .translate(dict.fromkeys((0, 10, 13), " "))[:4000]
    )
