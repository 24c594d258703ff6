"""The main navigation leads to pages that exist and counts where somebody must act."""

import re

import pytest

from tests.browse import Browser, Page
from tests.factories import make_domain, make_email_account
from tests.web.reading import words

ENTRIES = [
    "/",
    "/email-accounts",
    "/campaigns",
    "/domains",
    "/contacts",
    "/replies",
    "/deliverability",
    "/integrations",
    "/settings",
    "/help",
]


@pytest.fixture
def lose(app, cast):
    """Let accounts of a workspace lose their connection."""

    def accounts(workspace_id, count):
        with app.app_context():
            for number in range(count):
                make_email_account(workspace_id, f"{number}@x.test", connection_state="disconnected")

    return accounts


def navigation(html):
    """(address, whether it is the current page) of each entry."""
    menu = html.partition('<nav class="nav"')[2].partition("<ul>")[2].partition("</ul>")[0]
    anchors = [attrs for tag, attrs in Page(menu).tags if tag == "a"]
    return [(attrs["href"], attrs.get("aria-current") == "page") for attrs in anchors]


@pytest.mark.parametrize(
    ("url", "current"),
    [
        ("/", "/"),
        ("/email-accounts", "/email-accounts"),
        ("/email-accounts/connect", "/email-accounts"),
        ("/domains", "/domains"),
        ("/email-accounts/connect/smtp", "/email-accounts"),
        ("/email-accounts/connect/gmail", "/email-accounts"),
        ("/campaigns/new", "/campaigns"),
        ("/contacts/import", "/contacts"),
        ("/replies", "/replies"),
        ("/integrations/google", "/integrations"),
        ("/settings/workspace", "/settings"),
        ("/settings/audit/export", "/settings"),
        ("/help/connecting", "/help"),
    ],
)
def test_the_section_of_a_page_is_marked(alice, url, current):
    entries = navigation(alice.get(url).text)

    assert [address for address, _ in entries] == ENTRIES
    assert [address for address, marked in entries if marked] == [current]


def test_every_entry_leads_to_a_page(alice):
    answers = [
        alice.get(url, follow_redirects=True).status_code for url, _ in navigation(alice.get("/").text)
    ]

    assert answers == [200] * len(ENTRIES)


@pytest.mark.parametrize("person", ["alice", "adam", "bob", "vera"])
def test_settings_open_at_the_workspace_and_every_tab_leads_to_a_page(browse, person):
    somebody = browse(person)
    first = somebody.get("/settings")
    tabs = somebody.get(first.location).text.partition('aria-label="Settings"')[2].partition("</nav>")[0]

    assert first.location == "/settings/workspace"
    assert all(somebody.get(url).status_code == 200 for url in re.findall('href="([^"]+)"', tabs))
    assert ("/settings/audit" in tabs) == (person in {"alice", "adam"})


def test_accounts_that_need_attention_are_counted_in_menu_title_and_icon(alice, app, cast, lose):
    lose(cast.alice.workspace_id, 2)
    lose(cast.charlie.workspace_id, 3)
    page = alice.get("/help").text

    assert (
        "Email accounts 2 Campaigns Domains Contacts Replies Deliverability Integrations Settings Help"
        in words(page)
    )
    assert "<title>(2) Help – NimbusOS</title>" in page
    assert "/favicon-attention.svg" in page


def test_paused_domains_that_have_inboxes_are_counted_in_the_menu(alice, app, cast):
    with app.app_context():
        make_email_account(cast.alice.workspace_id, "ava@acme.test")
        make_email_account(cast.charlie.workspace_id, "zoe@zenith.test")
        for workspace_id, name in (
            (cast.alice.workspace_id, "acme.test"),
            (cast.alice.workspace_id, "left.test"),
            (cast.charlie.workspace_id, "zenith.test"),
        ):
            make_domain(workspace_id, name, pause_reason="DMARC alignment fails")

    assert "Email accounts Campaigns Domains 1 Contacts" in words(alice.get("/help").text)


def test_while_nothing_needs_attention_nothing_is_counted(alice):
    page = alice.get("/help").text

    assert (
        "Email accounts Campaigns Domains Contacts Replies Deliverability Integrations Settings Help"
        in words(page)
    )
    assert "<title>Help – NimbusOS</title>" in page
    assert "/favicon-attention.svg" not in page


def test_a_stranger_sees_no_menu_and_no_count(app, cast, lose):
    lose(cast.alice.workspace_id, 2)
    page = Browser(app).get("/login").text

    assert navigation(page) == []
    assert "<title>Sign in – NimbusOS</title>" in page


def test_the_menu_says_who_is_signed_in_and_where(browse):
    assert "Charlie Zenith Sign out" in words(browse("charlie").get("/help").text)
