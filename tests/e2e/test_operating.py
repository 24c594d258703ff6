"""Running a thousand inboxes from the list: operator tasks 6 and 7, and the ticks that they rest on."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from tests.e2e.fleet import make_agency
from tests.e2e.operator import Operator
from tests.servers.processes import wait_until

LIST = "/email-accounts"


@pytest.fixture(scope="module")
def agency(app, new_owner):
    """Somebody with a thousand inboxes."""
    owner = new_owner()
    with app.app_context():
        make_agency(owner.workspace_id)
    return owner


@pytest.fixture
def limits(app, agency):
    """Every inbox's daily limit and who moves it, as the database has it now."""

    def read():
        columns = (EmailAccountHealth.id, EmailAccountHealth.daily_send_limit, EmailAccountHealth.limit_mode)
        mine = EmailAccountHealth.workspace_id == agency.workspace_id
        with app.app_context():
            return {number: value for number, *value in db.session.execute(sa.select(*columns).where(mine))}

    return read


def rows(page):
    return page.locator("tbody").get_by_role("row")


def narrow(operator, script, label, option):
    """Choose from a filter's list; without a script the button asks for it."""
    operator.choose(label, option)
    if script:
        expect(operator.page).to_have_url(re.compile(f"{label.lower()}={option}"))
    else:
        operator.press("Filter", then="Email accounts")


@pytest.mark.parametrize(
    ("keyboard", "options"),
    [(False, {}), (False, {"script": False}), (False, {"phone": True}), (True, {})],
    ids=["pointer", "no script", "phone", "keyboard"],
)
def test_an_inbox_is_found_and_a_view_is_sent_in_three_clicks(agency, open_page, keyboard, options):
    operator = Operator(open_page(agency, **options), keyboard=keyboard)
    page, script = operator.page, options.get("script", True)
    operator.open(LIST)
    operator.fill("Search", "cara orbit")
    if not script:
        operator.press("Filter", then="Email accounts")
    expect(rows(page)).to_have_count(1)
    operator.sees("cara.lind@try40.example")

    operator.fill("Search", "")
    if script:
        expect(rows(page)).not_to_have_count(1)  # nobody chooses before they see the list again
    narrow(operator, script, "Client", "Acme")
    expect(page.get_by_text(re.compile("of 334$"))).to_be_visible()
    operator.press("Cooldown 15", then="Email accounts")
    expect(rows(page)).to_have_count(5)

    assert operator.clicks <= 3
    other = open_page(agency)
    other.goto(page.url)
    expect(rows(other)).to_have_count(5)
    page.go_back()
    expect(page.get_by_text(re.compile("of 334$"))).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_back_from_an_account_returns_to_the_whole_list_where_it_was(agency, open_page, script):
    page = open_page(agency, script=script)
    page.goto(f"{LIST}?sort=account")
    page.mouse.wheel(0, 1500)
    target = rows(page).nth(25).get_by_role("link").first
    target.scroll_into_view_if_needed()
    before = target.bounding_box()["y"]
    target.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("@")

    page.go_back()

    expect(rows(page)).to_have_count(50)
    expect(target).to_be_in_viewport()
    # A page that is loaded again scrolls after its first rows are there.
    wait_until(
        lambda: target.bounding_box()["y"] == pytest.approx(before, abs=2), within=10, what="the old place"
    )


@pytest.mark.claim("C11", partly=True)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_limit_of_48_is_set_and_undone_in_six_clicks_and_no_other_row_changes(
    agency, open_page, limits, script
):
    operator, before = Operator(open_page(agency, script=script)), limits()
    operator.open(LIST)
    operator.press("Warming 48", then="Email accounts")
    narrow(operator, script, "Client", "Acme")
    operator.tick("all 48 that match")
    operator.press("Set limit…", then="Set the daily limit of 48 inboxes?")
    operator.fill("Daily limit", "35")
    operator.press("Change 48 inboxes", then="Email accounts")
    operator.sees("Daily limit set to 35 for 48 inboxes.")

    after = limits()
    changed = [number for number in before if before[number] != after[number]]
    assert (len(changed), {after[number][0] for number in changed}) == (48, {35})
    operator.press("Undo", then="Email accounts")
    operator.sees("Undone: 48 inboxes as before.")

    assert limits() == before
    assert operator.clicks <= 6


def ticked(page):
    return page.locator("td.tick input:checked")


def test_ticks_and_focus_survive_a_refresh_and_never_move_to_another_inbox(agency, open_page):
    page = open_page(agency)
    page.clock.install()
    page.goto(f"{LIST}?sort=account")
    rows(page).nth(2).get_by_role("checkbox").check()
    rows(page).nth(6).get_by_role("checkbox").click(modifiers=["Shift"])
    page.get_by_label("all 1,000 that match").check()
    chosen = ticked(page).evaluate_all("all => all.map(each => each.value)")
    with page.expect_response(f"**{LIST}?sort=account"):
        page.clock.run_for(12_000)

    expect(page.get_by_label("all 1,000 that match")).to_be_focused()
    expect(page.locator("#bulk")).to_contain_text("these 5")
    assert ticked(page).evaluate_all("all => all.map(each => each.value)") == chosen
    assert page.get_by_label("all 1,000 that match").is_checked()
    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_text("51–100 of 1,000")).to_be_visible()
    expect(ticked(page)).to_have_count(0)
    expect(page.get_by_label("all 1,000 that match")).not_to_be_checked()


def test_all_of_a_page_are_ticked_at_once_and_only_these_are_asked_about(agency, open_page):
    page = open_page(agency)
    page.goto(f"{LIST}?sort=account&per_page=25")
    page.get_by_label("All on this page").check()
    rows(page).nth(0).get_by_role("checkbox").uncheck()
    expect(page.locator("#bulk")).to_contain_text("these 24")

    page.get_by_role("button", name="Take out").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Take 24 inboxes out of rotation?")
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile(r"sort=account&per_page=25$"))
