"""Connecting by Google and Microsoft in the browser, over the practice world: operator task 4."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from nimbus import create_app
from nimbus.clock import FileClock
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.rules.oauth import ATTEMPT_LASTS
from nimbus.sandbox.doors import Providers
from nimbus.sandbox.world import System, World
from tests.e2e.conftest import Owner, make_owner, open_window
from tests.e2e.operator import Operator
from tests.product import Product, running_product

ANN, BOB = "ann@try-acme.test", "bob@try-acme.test"
READ = "View your email messages and settings"


@dataclass
class Rehearsal:
    """The practice world's providers, and a product that knows no others."""

    providers: Providers
    product: Product
    app: Flask
    clock: Path

    def accounts(self, owner: Owner) -> dict[str, EmailAccountHealth]:
        """The accounts of an owner's workspace by address, as they are now."""
        mine = EmailAccountHealth.workspace_id == owner.workspace_id
        with self.app.app_context():
            return {
                each.email: each for each in db.session.scalars(sa.select(EmailAccountHealth).where(mine))
            }


@pytest.fixture(scope="module")
def rehearsal(chromium, tmp_path_factory) -> Iterator[Rehearsal]:
    clock = tmp_path_factory.mktemp("clock") / "ahead"
    world = World(FileClock(clock))
    with (
        Providers(world) as providers,
        running_product(**providers.environ, NIMBUS_CLOCK_FILE=str(clock)) as product,
    ):
        providers.base_url = product.url  # known only now
        providers.register()
        app = create_app(product.settings)
        yield Rehearsal(providers, product, app, clock)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def owner(rehearsal) -> Owner:
    return make_owner(rehearsal.app)


@pytest.fixture
def mailboxes(rehearsal):
    """Ann and Bob have mailboxes at one of the providers, and nobody else has."""

    def at(system):
        world = rehearsal.providers.world
        world.reset()
        rehearsal.providers.register()
        for address, name in ((ANN, "Ann Able"), (BOB, "Bob Beam")):
            world.add(address, name=name, system=system)
        return world.mailboxes

    return at


@pytest.fixture
def open_tab(chromium, rehearsal, owner) -> Iterator:
    opened: list[Page] = []

    def open_one(*, beside: Page | None = None, **options) -> Page:
        if beside:
            return beside.context.new_page()
        opened.append(open_window(chromium, rehearsal.product.url, owner, **options))
        return opened[-1]

    yield open_one
    providers = rehearsal.providers
    theirs = tuple(f"another origin: {url}" for url in (providers.google_url, providers.microsoft_url))
    faults = [fault for page in opened for fault in page.watch.faults if not fault.startswith(theirs)]
    for page in opened:
        page.context.close()
    assert faults == []


def at_google(page, address, *, unticked=(), press="Allow"):
    """What somebody does on Google's page."""
    page.get_by_role("radio", name=address).check()
    for name in unticked:
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_role("button", name=press, exact=True).click()


def at_microsoft(page, address, *, press=("Next", "Accept")):
    """What somebody does on Microsoft's pages."""
    page.get_by_role("radio", name=address).check()
    for name in press:
        page.get_by_role("button", name=name, exact=True).click()


def heading(page, name):
    expect(page.get_by_role("heading", name=name).first).to_be_visible()


@pytest.mark.claim("C04")
@pytest.mark.parametrize(
    "options", [{}, {"script": False}, {"phone": True}], ids=["desk", "no script", "phone"]
)
def test_a_workspace_inbox_is_connected_in_five_clicks_after_a_box_was_unticked(
    rehearsal, owner, mailboxes, open_tab, options
):
    mailboxes(System.GOOGLE)
    page = open_tab(**options)
    operator = Operator(page)

    operator.open("/email-accounts/connect")
    operator.press("Gmail and Google Workspace", then="Gmail and Google Workspace")
    page.get_by_role("link", name="Continue to Google").click()
    at_google(page, ANN, unticked=[READ])
    heading(page, "Google did not grant: read mail")
    operator.look()
    assert rehearsal.accounts(owner) == {}
    page.get_by_role("link", name="Ask again").click()
    at_google(page, ANN)
    heading(page, "Connected")
    operator.look()

    operator.press("Open account", then=ANN)
    operator.sees("Warming", "Ann Able")
    assert rehearsal.accounts(owner)[ANN].daily_send_limit == 40  # today's number falls with the first score
    assert "code=" not in page.url


@pytest.mark.claim("C12")
@pytest.mark.claim("C14")
@pytest.mark.parametrize("options", [{}, {"script": False}], ids=["desk", "no script"])
def test_a_microsoft_inbox_is_connected(rehearsal, owner, mailboxes, open_tab, options):
    mailboxes(System.MICROSOFT)
    page = open_tab(**options)
    operator = Operator(page)

    operator.open("/email-accounts/connect/microsoft")
    operator.sees(rehearsal.providers.environ["MICROSOFT_CLIENT_ID"], "adminconsent")
    page.get_by_role("link", name="Continue to Microsoft").click()
    at_microsoft(page, ANN)
    heading(page, "Connected")

    operator.press("Open account", then=ANN)
    operator.sees("Warming", "Ann Able")
    assert rehearsal.accounts(owner)[ANN].daily_send_limit == 30


@pytest.mark.claim("C13")
def test_an_administrator_approves_by_the_link_and_the_inbox_connects(rehearsal, owner, mailboxes, open_tab):
    mailboxes(System.MICROSOFT)[ANN].faults.set("admin_approval")
    page = open_tab()
    page.goto("/email-accounts/connect/microsoft/leave")
    at_microsoft(page, ANN, press=["Next", "Return without consent"])
    heading(page, "Needs admin approval")
    Operator(page).look()
    link = page.locator("#admin-link").inner_text()

    page.goto(link)
    page.get_by_role("radio", name="try-acme.test").check()
    page.get_by_role("button", name="Accept").click()
    heading(page, "The app is approved")
    page.goto("/email-accounts/connect/microsoft/leave")
    page.get_by_role("radio", name=ANN).check()
    page.get_by_role("button", name="Next", exact=True).click()

    heading(page, "Connected")


@pytest.mark.parametrize("system", [System.GOOGLE, System.MICROSOFT])
def test_declining_leaves_nothing_behind(rehearsal, owner, mailboxes, open_tab, system):
    mailboxes(system)
    page = open_tab()

    if system is System.GOOGLE:
        page.goto("/email-accounts/connect/gmail/leave")
        at_google(page, ANN, press="Deny")
    else:
        page.goto("/email-accounts/connect/microsoft/leave")
        at_microsoft(page, ANN, press=["Cancel"])

    heading(page, "Nothing was allowed")
    Operator(page).look()
    assert rehearsal.accounts(owner) == {}


@pytest.mark.claim("C09", partly=True)
def test_signing_in_again_with_another_address_names_both(rehearsal, owner, mailboxes, open_tab):
    mailboxes(System.GOOGLE)
    page = open_tab()
    page.goto("/email-accounts/connect/gmail/leave")
    at_google(page, ANN)
    heading(page, "Connected")
    account = rehearsal.accounts(owner)[ANN]

    page.goto(f"/email-accounts/{account.id}/reconnect")
    page.get_by_role("link", name="Continue to Google").click()
    expect(page.get_by_role("radio", name=ANN)).to_be_checked()
    at_google(page, BOB)
    heading(page, "Another address came back")
    Operator(page).look()
    page.get_by_role("link", name=f"Sign in as {ANN}").click()
    at_google(page, ANN)

    heading(page, "Connected again")
    assert rehearsal.accounts(owner).keys() == {ANN}


def test_two_tabs_at_once_connect_two_inboxes(rehearsal, owner, mailboxes, open_tab):
    mailboxes(System.GOOGLE)
    one = open_tab()
    one.goto("/email-accounts/connect/gmail/leave")
    other = open_tab(beside=one)
    other.goto("/email-accounts/connect/gmail/leave")

    at_google(other, BOB)
    heading(other, "Connected")
    at_google(one, ANN)
    heading(one, "Connected")

    assert rehearsal.accounts(owner).keys() == {ANN, BOB}


def test_an_app_is_entered_and_checked(rehearsal, owner, mailboxes, open_tab):
    mailboxes(System.GOOGLE)
    operator = Operator(open_tab(), secrets=["canary-secret"])

    operator.open("/integrations")
    operator.press("Google app", then="Google app")
    operator.press("Enter an app", then="Enter the app")
    operator.fill("Client ID", rehearsal.providers.environ["GOOGLE_CLIENT_ID"])
    operator.fill("Client secret", "canary-secret")
    operator.press("Save", then="Google app")
    operator.press("Check now", then="Does it work?")

    operator.sees("Google does not accept the app")


# The last: from here on the product's clock is ahead.
def test_a_sign_in_that_took_too_long_is_told_and_begun_again(rehearsal, owner, mailboxes, open_tab):
    mailboxes(System.GOOGLE)
    page = open_tab()
    page.goto("/email-accounts/connect/gmail/leave")
    rehearsal.clock.write_text(str(ATTEMPT_LASTS.total_seconds() + 1), encoding="ascii")

    at_google(page, ANN)
    heading(page, "This sign-in has expired")
    Operator(page).look()
    page.get_by_role("link", name="Start again").click()
    page.get_by_role("link", name="Continue to Google").click()
    at_google(page, ANN)

    heading(page, "Connected")
