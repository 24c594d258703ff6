"""Pages that keep themselves fresh: they ask, they stop asking, and they notice when nobody is signed in any more."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import ConnectionTest, EmailAccountHealth, UserSession
from tests.cast import PASSWORD
from tests.factories import make_connection_test, make_email_account


@pytest.fixture
def running_test(app, owner):
    """The address of a test that a worker holds and never finishes."""
    with app.app_context():
        test = make_connection_test(
            owner.workspace_id,
            owner.user_id,
            state="running",
            owner="0" * 32,
            started_at=now(),
            lease_until=now() + timedelta(days=1),
            progress=[["smtp", "find_server", "running", ""]],
        )
    return f"/email-accounts/connect/tests/{test}"


@pytest.fixture
def change(app):
    """Write something behind the product's back."""

    def write(statement):
        with app.app_context(), transaction() as session:
            session.execute(statement)

    return write


def is_looking(page):
    return page.get_by_text("Looking for the server…", exact=True)


def test_page_of_a_test_asks_each_second_and_never_again_after_the_verdict(page, running_test, change):
    page.clock.install()
    page.goto(running_test)
    for _ in range(2):
        with page.expect_response(f"**{running_test}"):
            page.clock.run_for(1100)

    ended = {"state": "failed", "failure_leg": "smtp", "failure_code": "closed", "owner": None}
    change(sa.update(ConnectionTest).where(ConnectionTest.owner == "0" * 32).values(**ended))
    expect(page.get_by_role("alert")).to_contain_text("Connection closed")
    asked = len(page.watch.parts)
    page.clock.run_for(60_000)

    assert len(page.watch.parts) == asked


def test_page_without_script_asks_by_itself_until_the_verdict(open_page, owner, running_test, change):
    page = open_page(owner, script=False)
    page.goto(running_test)
    expect(is_looking(page)).to_be_visible()

    ended = {"state": "failed", "failure_leg": "smtp", "failure_code": "closed", "owner": None}
    change(sa.update(ConnectionTest).where(ConnectionTest.owner == "0" * 32).values(**ended))

    expect(page.get_by_role("alert")).to_contain_text("Connection closed")
    assert page.locator("meta[http-equiv=refresh]").count() == 0


def test_session_that_ends_during_a_poll_leads_to_signing_in_and_back(open_page, owner, running_test, change):
    page = open_page(owner, expected=(401,))
    page.goto(running_test)

    change(sa.delete(UserSession).where(UserSession.user_id == owner.user_id))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(is_looking(page)).to_be_visible()
    assert page.url.endswith(running_test)


def test_head_of_an_account_follows_what_happens_without_losing_what_is_typed(app, page, owner, change):
    with app.app_context():
        account = make_email_account(owner.workspace_id)
    page.clock.install()
    page.goto(f"/email-accounts/{account}")
    page.get_by_role("link", name="Change daily limit").click()
    page.get_by_label("Daily limit").fill("35")

    change(
        sa.update(EmailAccountHealth)
        .where(EmailAccountHealth.id == account)
        .values(connection_state="auth_failed")
    )
    page.clock.run_for(12_000)

    expect(page.locator("#head")).to_contain_text("Needs attention")
    expect(page.get_by_label("Daily limit")).to_have_value("35")
    expect(page.get_by_label("Daily limit")).to_be_focused()


def test_request_that_fails_says_so_and_changes_nothing(open_page, owner, running_test, product):
    page = open_page(owner, expected=(404,))
    page.goto("/email-accounts/connect")
    page.goto(running_test)
    page.route("**/connect/tests/*", lambda route: route.fulfill(status=404, body="<p>elsewhere</p>"))

    expect(page.locator("#toasts")).to_have_text("That no longer exists. Reload.")
    expect(is_looking(page)).to_be_visible()


def test_htmx_is_the_version_that_is_vendored(page):
    page.goto("/help")

    assert page.evaluate("() => htmx.version") == "4.0.1"


def test_what_is_left_of_a_cooldown_counts_down_without_asking(page, app, owner):
    with app.app_context():
        account_id = make_email_account(owner.workspace_id)
    page.clock.install()
    page.goto(f"/email-accounts/{account_id}")
    page.get_by_role("button", name="Let it rest").click()
    left = page.locator("[data-left]")
    expect(left).to_have_text("1 d")

    page.clock.fast_forward("03:00:30")
    page.clock.run_for(1000)

    expect(left).to_have_text("21 h")
