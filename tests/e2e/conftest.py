"""The product in a browser: started once as `make run` does, with a workspace of its own for each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from nimbus import create_app
from nimbus.extensions import db
from nimbus.services.set_up import create_user
from nimbus.services.sign_in import open_session
from tests.cast import PASSWORD
from tests.e2e.chromium import launch
from tests.e2e.mail_host import MailHost
from tests.e2e.watching import DESK, PHONE, Watch
from tests.product import Product, running_product
from tests.servers.availability import missing, require
from tests.servers.dns import NameServer
from tests.servers.mail import MailStack

OpenPage = Callable[..., Page]

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("servers")


@dataclass(frozen=True)
class Owner:
    """Somebody with a workspace, and the cookie of a session."""

    workspace_id: int
    user_id: int
    email: str
    cookie: dict[str, str]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each page has a context, and so cookies and a cache, of its own."""
    require("browser")
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture(scope="package")
def product(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Product]:
    """The running product; it trusts the certificates of the mail servers, where these can be started."""
    environ = {}
    if "mail" not in missing():
        dns: NameServer = request.getfixturevalue("dns")
        stack: MailStack = request.getfixturevalue("mail_stack")
        environ = {"NIMBUS_CA_FILE": str(stack.ca_file), "DNS_RESOLVERS": f"127.0.0.1:{dns.port}"}
    with running_product(**environ) as running:
        yield running


@pytest.fixture(scope="package")
def app(product: Product) -> Iterator[Flask]:
    """The product's code on the running product's database, for rows that a test wants to be there."""
    app = create_app(product.settings)
    yield app
    with app.app_context():
        db.engine.dispose()


def make_owner(app: Flask) -> Owner:
    """A new workspace of the running product, and its owner, signed in."""
    number = next(_numbers)
    email, name = f"dana{number}@example.com", f"Brightside {number}"
    with app.app_context():
        ids = create_user(
            workspace=name, name="Dana", email=email, password=PASSWORD, timezone="Europe/Paris"
        )
        token = open_session(*ids, address="127.0.0.1", browser="Chromium")
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = token, True
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    return Owner(*ids, email, {"name": cookie.key, "value": cookie.value})


@pytest.fixture(scope="package")
def new_owner(app: Flask) -> Callable[[], Owner]:
    """Makes workspaces, each with an owner who is signed in."""
    return partial(make_owner, app)


@pytest.fixture
def owner(new_owner: Callable[[], Owner]) -> Owner:
    return new_owner()


def open_window(
    chromium: Browser,
    url: str,
    owner: Owner | None = None,
    *,
    phone: bool = False,
    script: bool = True,
    expected: tuple[int, ...] = (),
    **options: object,
) -> Page:
    """A window with cookies and a cache of its own; `page.watch` notes what it does. Close its context at the end."""
    context = chromium.new_context(
        base_url=url,
        viewport=PHONE if phone else DESK,
        has_touch=phone,
        is_mobile=phone,
        java_script_enabled=script,
        **options,
    )
    if owner:
        context.add_cookies([owner.cookie | {"url": url}])
    watch = Watch(context, url, expected)
    page = context.new_page()
    page.watch = watch
    return page


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Opens windows, signed in for an owner. At the end, whatever they should not have done fails the test."""
    opened: list[Page] = []

    def open_one(owner: Owner | None = None, *, url: str | None = None, **options: object) -> Page:
        url = url or request.getfixturevalue("product").url
        opened.append(open_window(chromium, url, owner, **options))
        return opened[-1]

    yield open_one
    for page in opened:
        page.context.close()
    assert [fault for page in opened for fault in page.watch.faults] == []


@pytest.fixture
def page(open_page: OpenPage, owner: Owner) -> Page:
    """A window at a desk, signed in as the owner."""
    return open_page(owner)


@pytest.fixture(scope="package")
def mail_host(mail_stack: MailStack, dns: NameServer) -> Iterator[MailHost]:
    """`mail.test`, which the product finds by name: the real servers at the ports that forms suggest."""
    doors = {587: mail_stack.smtp_starttls, 465: mail_stack.smtp_ssl, 993: mail_stack.imap_ssl}
    with MailHost(doors) as host:
        dns.add(f"mail.test. 60 IN A {host.address}")
        yield host
        dns.remove("mail.test")
