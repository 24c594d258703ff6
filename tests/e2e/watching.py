"""Looks at pages as a browser sees them, and objects: errors, strangers, barriers, what does not fit."""

import re
from collections.abc import Collection

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

DESK = {"width": 1360, "height": 900}
PHONE = {"width": 360, "height": 740}

_ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# Nothing is loaded for rules about stylesheets and films: none of those that run asks for the first, no page has the second.
_AXE = """async (rules) => {
    const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"], preload: false });
    return violations.map(found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 160)).join(" | ")}`);
}"""


class Watch:
    """Notes everything in a browser context that a page of ours must never cause."""

    def __init__(self, context: BrowserContext, origin: str, expected: Collection[int]) -> None:
        self.faults: list[str] = []
        self.parts: list[str] = []  # addresses that htmx asked for
        self._origin = origin
        # Chromium itself writes a line for every answer from 400 up, however well the page deals with it.
        self._expected = re.compile(
            rf"Failed to load resource: .* status of ({'|'.join(map(str, (409, 422, *expected)))}) "
        )
        context.on("console", self._spoke)
        context.on("weberror", lambda problem: self.faults.append(f"page error: {problem.error}"))
        context.on("request", self._asked)

    def _spoke(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self._expected.match(message.text):
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if "hx-request" in request.headers:
            self.parts.append(request.url)
        if not request.url.startswith((f"{self._origin}/", "data:", "about:")):
            self.faults.append(f"another origin: {request.url}")


def barriers(page: Page, rules: object = _ALL) -> list[str]:
    """What axe finds on the page as it is now, by all its rules or some."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(_AXE, rules)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


def assert_sound(page: Page) -> None:
    """The page does not scroll sideways and has no barrier that axe knows; axe is a script, so only where these run."""
    assert overflow(page) <= 0, page.url
    if page.evaluate("() => matchMedia('(scripting: enabled)').matches"):
        found = barriers(page)
        assert found == [], f"{page.url}: {found}"


def assert_sound_everywhere(page: Page) -> None:
    """As `assert_sound`, on a desk and on a phone, in light and in dark, which changes nothing but colours."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        page.evaluate("() => scrollTo(0, 0)")  # what lies half below the bar counts as too small a target
        for scheme, rules in (("dark", _COLOURS), ("light", _ALL)):
            page.emulate_media(color_scheme=scheme)
            found = barriers(page, rules)
            assert found == [], f"{page.url} {size['width']} {scheme}: {found}"
        assert overflow(page) <= 0, f"{page.url} {size['width']}"
