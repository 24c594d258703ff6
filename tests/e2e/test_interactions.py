"""What changes on a page without leaving it, and what Back brings again."""

import re

import pytest
from playwright.sync_api import expect

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from tests.e2e.fleet import make_fleet
from tests.factories import make_connection_test


@pytest.fixture
def fleet(app, owner):
    with app.app_context():
        return make_fleet(owner.workspace_id)


@pytest.fixture
def account(app, fleet):
    """The row of Ava's inbox as it is now."""

    def read():
        with app.app_context():
            return db.session.get(EmailAccountHealth, fleet["ava"])

    return read


@pytest.fixture
def list_page(page, fleet):
    page.goto("/email-accounts")
    return page


@pytest.fixture
def account_page(page, fleet):
    page.goto(f"/email-accounts/{fleet['ava']}")
    return page


def rows(page):
    return page.locator("tbody").get_by_role("row")


def test_search_asks_once_when_typing_pauses_and_keeps_its_words_in_the_address(list_page):
    list_page.locator("#q").press_sequentially("cara", delay=20)

    expect(rows(list_page)).to_have_count(1)
    expect(list_page).to_have_url(re.compile(r"q=cara"))
    expect(list_page.locator("#q")).to_be_focused()
    assert len(list_page.watch.parts) == 1


def test_back_from_an_account_brings_the_search_again(list_page):
    list_page.locator("#q").fill("cara")
    expect(rows(list_page)).to_have_count(1)
    list_page.get_by_role("link", name="cara@try-orbit.com").click()
    expect(list_page.get_by_role("heading", level=1)).to_have_text("cara@try-orbit.com")

    list_page.go_back()

    expect(list_page.locator("#q")).to_have_value("cara")
    expect(rows(list_page)).to_have_count(1)


def test_status_and_order_are_steps_that_back_undoes(list_page):
    list_page.get_by_role("link", name=re.compile(r"^Warming")).click()
    expect(rows(list_page)).to_have_count(2)
    list_page.get_by_role("link", name="Account", exact=True).click()
    expect(list_page.get_by_role("columnheader", name="Account")).to_have_attribute("aria-sort", "ascending")
    expect(rows(list_page).first).to_contain_text("gia@")

    list_page.get_by_role("link", name="Account", exact=True).click()
    expect(rows(list_page).first).to_contain_text("hugo@")
    list_page.go_back()
    expect(rows(list_page).first).to_contain_text("gia@")
    list_page.go_back()
    expect(list_page.get_by_role("columnheader", name="Account")).not_to_have_attribute(
        "aria-sort", "ascending"
    )
    list_page.go_back()

    expect(rows(list_page)).to_have_count(12)


def test_filters_combine_and_a_new_window_shows_the_same(list_page, open_page, owner):
    list_page.get_by_label("Domain", exact=True).select_option("try-orbit.com")
    expect(rows(list_page)).to_have_count(4)
    list_page.locator("#q").fill("lea")
    expect(rows(list_page)).to_have_count(1)
    expect(list_page).to_have_url(re.compile(r"domain=try-orbit.com"))

    other = open_page(owner)
    other.goto(list_page.url)

    expect(rows(other)).to_have_count(1)
    expect(other.get_by_label("Domain", exact=True)).to_have_value("try-orbit.com")


@pytest.mark.claim("C11", partly=True)
def test_daily_limit_is_changed_where_it_stands_and_an_impossible_one_says_why(account_page, account):
    account_page.get_by_role("link", name="Change daily limit").click()
    field = account_page.get_by_label("Daily limit")
    expect(field).to_be_focused()

    field.fill("99999")
    account_page.locator("#limit").get_by_role("button", name="Save").click()
    expect(account_page.locator("#limit .error")).to_be_visible()
    expect(field).to_have_value("99999")
    assert account().daily_send_limit == 20

    field.fill("35")
    field.press("Enter")
    expect(account_page.locator("#limit")).to_contain_text("35 a day")
    assert account().daily_send_limit == 35
    expect(account_page.get_by_role("link", name="Change daily limit")).to_be_focused()


@pytest.mark.parametrize("leave", ["Escape", "Cancel"])
def test_escape_and_cancel_leave_a_value_as_it_was(account_page, account, leave):
    account_page.get_by_role("link", name="Change daily limit").click()
    account_page.get_by_label("Daily limit").fill("35")

    if leave == "Escape":
        account_page.keyboard.press("Escape")
    else:
        account_page.get_by_role("link", name="Cancel").click()

    expect(account_page.locator("#limit")).to_contain_text("20 a day")
    expect(account_page.locator("#limit input")).to_have_count(0)
    assert account().daily_send_limit == 20


@pytest.mark.claim("C54", partly=True)
def test_restriction_is_saved_and_said(account_page, account):
    account_page.get_by_label("Nurture only").check()
    account_page.locator("#restrictions").get_by_role("button", name="Save").click()
    expect(account_page.locator("#restrictions").get_by_role("status")).to_have_text("Saved")

    account_page.reload()

    expect(account_page.get_by_label("Nurture only")).to_be_checked()
    assert account().restriction == "nurture"


@pytest.mark.claim("C64", partly=True)
def test_inbox_is_taken_out_of_rotation_and_put_back_with_the_keyboard_staying_where_it_was(
    account_page, account
):
    account_page.get_by_role("button", name="Take out of rotation").click()
    back = account_page.get_by_role("button", name="Put back into rotation")
    expect(back).to_be_focused()
    expect(account_page.locator(".verdict").first).to_contain_text("Out of rotation")
    assert not account().is_active

    back.press("Enter")

    expect(account_page.locator(".verdict").first).to_contain_text("Ready")
    assert account().is_active


def test_port_follows_the_security_unless_it_was_typed(page):
    page.goto("/email-accounts/connect/smtp")
    port = page.locator("[name=smtp_port]")

    page.get_by_label("SSL 465").check()
    expect(port).to_have_value("465")
    port.fill("2465")
    page.get_by_label("STARTTLS 587").check()

    expect(port).to_have_value("2465")


def test_dialogue_is_copied_for_the_hosts_support(app, open_page, owner):
    dialogue = "S: 220 ready\nC: EHLO nimbus"
    with app.app_context():
        test = make_connection_test(
            owner.workspace_id, owner.user_id, state="failed", failure_code="closed", dialogue=dialogue
        )
    page = open_page(owner, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/email-accounts/connect/tests/{test}")
    page.get_by_text("The whole dialogue").click()

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == dialogue
