"""The system's Chromium without its desktop, which is half of the work, kept from calling anybody but us."""

from playwright.sync_api import Browser, Playwright

from tests.servers.availability import CHROMIUM

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
