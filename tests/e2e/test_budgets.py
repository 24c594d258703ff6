"""What a page may cost, by the browser's own figures: bytes, requests, nodes, shifts, and the size of targets."""

from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.domain_states import make_many_domains, pause
from tests.e2e.campaigns import make_stopped, make_stuck
from tests.e2e.fleet import make_crowd
from tests.e2e.judged import make_judged
from tests.factories import make_email_account
from tests.services.campaigning import make_campaign

KB = 1000


class Load(NamedTuple):
    """One file that the browser fetched: `transferred` bytes with headers, 0 from its cache."""

    url: str
    transferred: int
    packed: int


@pytest.fixture(scope="module")
def fifty(app, new_owner):
    """Somebody with more inboxes than a page of the list shows."""
    owner = new_owner()
    with app.app_context():
        make_crowd(owner.workspace_id, 120)
        make_email_account(owner.workspace_id, "ava@try-acme.com")
    return owner


def loads(page: Page) -> list[Load]:
    entries = page.evaluate(
        """() => ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
            .map(entry => [entry.name, entry.transferSize, entry.encodedBodySize])"""
    )
    return [Load(*entry) for entry in entries]


def total(found: list[Load]) -> int:
    return sum(load.transferred for load in found)


@pytest.mark.parametrize(
    "path", ["/", "/email-accounts", "/domains", "/email-accounts/connect/smtp", "/help/connecting"]
)
def test_first_visit_costs_at_most_60_kb_in_six_requests_and_the_next_page_20_kb(open_page, fifty, path):
    page = open_page(fifty)
    page.goto(path)
    page.wait_for_load_state("networkidle")  # the small picture of the tab comes last
    first = loads(page)

    page.goto("/email-accounts")
    following = loads(page)

    assert total(first) <= 60 * KB
    assert len(first) <= 6
    assert total(following) <= 20 * KB
    assert [load.url for load in following if load.transferred] == [page.url]


def test_style_costs_at_most_10_kb_and_script_18_kb(open_page, fifty):
    page = open_page(fifty)
    page.goto("/email-accounts")

    packed = {load.url.rpartition("/")[2]: load.packed for load in loads(page)}

    assert 0 < packed["app.css"] <= 10 * KB
    assert 0 < packed["app.js"] <= 18 * KB


def test_list_of_fifty_has_at_most_2500_nodes_and_its_fragment_costs_at_most_12_kb(open_page, fifty):
    page = open_page(fifty)
    page.goto("/email-accounts")
    assert page.get_by_role("row").count() == 51
    assert page.evaluate("() => document.querySelectorAll('*').length") <= 2500

    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_text("51–100 of 121")).to_be_visible()

    [fragment] = [load for load in loads(page) if "page=2" in load.url]
    assert 0 < fragment.transferred <= 12 * KB


def test_list_of_fifty_domains_keeps_the_same_budgets_and_so_does_the_page_of_a_listed_one(app, owner, page):
    with app.app_context():
        make_many_domains(owner.workspace_id, 60)
        make_email_account(owner.workspace_id, "ava@listed.example", provider="gmail", legs=())
        pause(owner.workspace_id, "listed.example")
    page.goto("/domains")
    assert page.get_by_role("row").count() == 51
    assert page.evaluate("() => document.querySelectorAll('*').length") <= 2500

    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_text("51–61 of 61")).to_be_visible()
    [fragment] = [load for load in loads(page) if "page=2" in load.url]
    assert 0 < fragment.transferred <= 12 * KB

    page.goto("/domains/listed.example")
    assert total(loads(page)) <= 20 * KB


def test_the_fullest_account_page_has_at_most_1500_nodes_and_costs_at_most_20_kb(app, owner, page):
    with app.app_context():
        cooling = make_judged(owner.workspace_id)["cooling"]
    page.goto("/email-accounts")

    page.goto(f"/email-accounts/{cooling}")

    assert total(loads(page)) <= 20 * KB
    assert page.evaluate("() => document.querySelectorAll('*').length") <= 1500


def test_pages_of_campaigns_and_deliverability_keep_the_same_budgets_as_the_others(app, owner, page):
    with app.app_context():
        stuck = make_stuck(owner.workspace_id)["campaign"]
        make_stopped(owner.workspace_id)
        for number in range(50):
            make_campaign(owner.workspace_id, [], 0, name=f"Campaign {number}", state="draft", next_at=None)
    page.goto("/campaigns")
    page.wait_for_load_state("networkidle")
    assert page.locator("#list li[id^=campaign-]").count() == 50
    assert total(loads(page)) <= 60 * KB
    assert len(loads(page)) <= 6
    assert page.evaluate("() => document.querySelectorAll('*').length") <= 2500

    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_text("51–52 of 52")).to_be_visible()
    [fragment] = [load for load in loads(page) if "page=2" in load.url]
    assert 0 < fragment.transferred <= 12 * KB

    for path in (f"/campaigns/{stuck}", "/deliverability"):
        page.goto(path)
        assert total(loads(page)) <= 20 * KB, path
        assert page.evaluate("() => document.querySelectorAll('*').length") <= 1500, path
        assert page.evaluate(_SMALL, 24) == [], path


def test_nothing_above_a_swapped_part_moves(open_page, fifty):
    page = open_page(fifty)
    page.goto("/email-accounts")
    above = ["h1", "#filters", ".tabs", "thead"]
    before = [page.locator(part).bounding_box() for part in above]

    page.locator("#q").fill("person11")
    expect(page.get_by_text("1–11 of 11")).to_be_visible()

    assert [page.locator(part).bounding_box() for part in above] == before


# A link within a sentence may be as small as its words; a choice is as large as its label.
_SMALL = """(least) => [...document.querySelectorAll("a[href], button, input, select, summary, label.choice")]
    .filter(element => element.checkVisibility() && !element.matches("label.choice input, .skip"))
    .filter(element => !element.closest("p, .reason"))
    .filter(element => {
        const { width, height } = element.getBoundingClientRect();
        return Math.min(width, height) + 0.01 < least;
    })
    .map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(("phone", "least"), [(False, 24), (True, 44)], ids=["pointer", "finger"])
def test_targets_are_24_pixels_large_and_44_for_a_finger(open_page, fifty, phone, least):
    page = open_page(fifty, phone=phone)
    page.goto("/email-accounts?q=ava")
    account = page.get_by_role("link", name="ava@try-acme.com").get_attribute("href")

    for path in (
        "/",
        "/email-accounts",
        account,
        "/domains",
        "/domains/try-acme.com",
        "/email-accounts/connect/smtp",
    ):
        page.goto(path)
        assert page.evaluate(_SMALL, least) == [], path
