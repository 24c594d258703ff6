"""What a person feels in a browser: the first paint on a slow machine, and the answer while typing."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from nimbus import create_app
from tests.bench.account_list import fill
from tests.bench.measure import alternate, clock, report
from tests.e2e.chromium import launch
from tests.product import Product, running_product

_EMPTY = "<!doctype html><title>Empty</title><p>A page with one line of text.</p>"
_DEBOUNCE = 250.0  # ms: the search waits that long for the next key


@contextmanager
def signed_in_page() -> Iterator[tuple[Product, Page]]:
    """A page of the running product, signed in, with 1,000 inboxes in its database."""
    with running_product() as product, sync_playwright() as playwright, launch(playwright) as chromium:
        page = chromium.new_page()
        page.goto(f"{product.url}/setup")
        for name, text in {
            "code": product.setup_code,
            "workspace": "Bench",
            "name": "Ann",
            "email": "ann@example.com",
            "password": "a long enough password",
        }.items():
            page.fill(f"[name={name}]", text)
        page.click("text=Create workspace")
        with create_app(product.settings).app_context():
            fill(1)
        yield product, page


def first_paint() -> bool:
    """First contentful paint of the list with a CPU slowed down four times, against a page of one line."""
    with signed_in_page() as (product, page):
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.route("**/bench-empty", lambda route: route.fulfill(body=_EMPTY, content_type="text/html"))

        def paint(path: str) -> float:
            page.goto(product.url + path)
            return float(
                page.evaluate(
                    """() => new Promise(done => new PerformanceObserver(list => {
                        const entry = list.getEntriesByName('first-contentful-paint')[0];
                        if (entry) done(entry.startTime);
                    }).observe({type: 'paint', buffered: true}))"""
                )
            )

        figures = alternate(lambda: paint("/email-accounts"), lambda: paint("/bench-empty"), times=9)
        return report("first_paint", *figures, unit="ms", limit=12)


def search_answer() -> bool:
    """From the last key to the answer on the page, against the pause that the search makes on purpose."""
    with signed_in_page() as (product, page):
        wanted = iter(range(100, 1000))

        def ours() -> float:
            page.goto(f"{product.url}/email-accounts")
            number = next(wanted)
            page.locator("#q").press_sequentially(f"person{number}")
            start = clock()
            page.locator(f"a:text-is('person{number}@try-acme{number % 120}.com')").wait_for()
            page.locator(".table tbody tr").nth(1).wait_for(state="detached")
            return clock() - start

        figures = alternate(ours, lambda: _DEBOUNCE, times=9)
        return report("search_answer", *figures, unit="ms", limit=2.4)
