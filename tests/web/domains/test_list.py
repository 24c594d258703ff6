"""The list of sending domains: worst first, searched, narrowed, sorted and cut into pages of 50."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import DomainHealth, EmailAccountHealth
from tests.web.reading import links, same_part, words

LIST = "/domains"
WORST_FIRST = [
    *("listed.example", "paused.example", "overridden.example", "failing.example", "troubled.example"),
    *("unknown.example", "unchecked.example", "checking.example", "warned.example", "gmail.com"),
    *("healthy.example", "silent.example"),
]
HOSTILE = (
    *("page=0", "page=-1", "page=abc", "page=99999999999999999999", "sort=pause_memory", "direction=x"),
    *("status=nonsense", "q=%00", "q=%FF%FE", "q=" + "x" * 5000, "q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
)


@pytest.fixture
def many(app, cast):
    """120 domains with an inbox each, the score of every second one known."""
    workspace_id = cast.alice.workspace_id
    with app.app_context(), transaction() as session:
        domains = [
            DomainHealth(
                workspace_id=workspace_id,
                name=f"d{number:03}.test",
                created_at=now(),
                checked_at=now(),
                next_check_at=now().replace(year=2030),
                score=None if number % 2 else 100 - number // 2,
            )
            for number in range(120)
        ]
        session.add_all(domains)
        session.flush()
        session.add_all(
            EmailAccountHealth(
                workspace_id=workspace_id,
                email=f"a@{domain.name}",
                display_name="A",
                provider="gmail",
                domain_id=domain.id,
                daily_send_limit=20,
                created_at=now(),
            )
            for domain in domains
        )


def rows(html):
    """The domains of the table, from top to bottom."""
    return re.findall(r'class="account">\s*<a href="[^"]+">([^<]+)</a>', html)


def test_the_worst_comes_first_with_its_word_reason_action_inboxes_and_score(alice, states):
    html = alice.get(LIST).text
    page = words(html)

    assert rows(html) == WORST_FIRST
    assert (
        "listed.example Paused Listed on Spamhaus DBL Ask for removal MX SPF DKIM DMARC Lists 80 4 inboxes"
        in page
    )
    assert (
        "troubled.example Inboxes in trouble Half of its inboxes are held, on probation or critical See its"
        in page
    )
    assert "unknown.example Not known The name servers did not answer, so this is not known now Open" in page
    assert "gmail.com Public provider Its DNS is the provider&#39;s matter" in page
    assert "All 12 Paused 2 Sends anyway 1 Needs attention 1" in page


def test_each_action_leads_to_where_something_can_be_done(alice, states):
    found = links(alice.get(LIST).text)

    assert "/domains/listed.example#check-lists" in found
    assert "/domains/paused.example#check-mx" in found
    assert "/domains/failing.example#check-spf" in found
    assert "/domains/warned.example#check-dkim" in found
    assert "/email-accounts?domain=troubled.example" in found


def test_a_check_of_a_row_is_a_word_and_no_colour_alone(alice, states):
    row = alice.get(f"{LIST}?q=failing").text.partition("<tbody")[2]

    labels = re.findall(r'role="img" aria-label="([^"]+)"', row)
    assert labels == ["Passes", "Fails", "Fails", "Passes", "Passes"]


def test_120_domains_fill_two_pages_of_50_and_one_of_20(alice, many):
    read = [rows(alice.get(f"{LIST}?page={page}").text) for page in (1, 2, 3, 99)]

    assert [len(page) for page in read] == [50, 50, 20, 20]
    assert sum(read[:3], []) == [f"d{number:03}.test" for number in range(120)]  # noqa: RUF017 - three short lists
    assert "1–50 of 120" in words(alice.get(LIST).text)


def test_what_is_not_known_comes_last_in_either_direction(alice, many):
    rising, falling = (
        rows(alice.get(f"{LIST}?sort=score&direction={direction}").text) for direction in ("asc", "desc")
    )

    assert rising[0] == "d118.test"
    assert falling[0] == "d000.test"
    assert rows(alice.get(f"{LIST}?sort=score&page=3").text)[-1] == "d119.test"
    assert rows(alice.get(f"{LIST}?sort=score&direction=desc&page=3").text)[-1] == "d119.test"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=PAUSED", ["paused.example"]),
        ("q=ed+example+un", ["unchecked.example"]),
        ("status=paused", ["listed.example", "paused.example"]),
        ("status=paused&q=listed", ["listed.example"]),
        ("sort=inboxes&direction=desc&status=paused", ["listed.example", "paused.example"]),
        ("sort=domain&status=healthy&direction=desc", ["silent.example", "healthy.example"]),
        ("sort=status&direction=desc", WORST_FIRST[::-1]),
        ("q=nobody", []),
    ],
)
def test_search_status_and_order_are_in_the_address(alice, states, query, found):
    assert rows(alice.get(f"{LIST}?{query}").text) == found


def test_every_link_of_the_list_keeps_what_it_does_not_change(alice, many):
    html = alice.get(f"{LIST}?q=d&status=healthy&sort=domain&direction=desc&page=2").text
    kept = {"q": ["d"], "status": ["healthy"], "sort": ["domain"], "direction": ["desc"]}
    asked = [parse_qs(urlsplit(link).query) for link in links(html) if link.startswith(f"{LIST}?")]

    assert kept | {"page": ["3"]} in asked
    assert kept in asked  # the first page
    assert kept | {"sort": ["score"], "direction": []} not in asked
    assert {"q": ["d"], "sort": ["domain"], "direction": ["desc"]} in asked  # every state


def test_the_fragment_is_the_same_part_of_the_page(alice, states):
    for query in ("", "?q=nobody", "?status=paused", "?status=public&q=x"):
        fragment = alice.get(LIST + query, htmx=True)

        assert fragment.text.lstrip().startswith('<div id="list"')
        assert same_part(fragment.text, alice.get(LIST + query).text)


@pytest.mark.parametrize("query", HOSTILE)
def test_a_doubtful_address_shows_the_list_and_no_markup(alice, many, query):
    answer = alice.get(f"{LIST}?{query}")

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_an_empty_list_says_how_a_domain_gets_there(alice, browse):
    page = words(alice.get(LIST).text)

    assert "No domain yet A domain appears here by itself with the first inbox that sends from it." in page
    assert "Connect Account" in page
    assert "Check all" not in page
    assert "Connect Account" not in words(browse("vera").get(LIST).text)


def test_the_list_asks_soon_while_checks_are_to_come_and_as_other_lists_do_afterwards(
    alice, app, states, many
):
    assert "2 domains are being checked." in words(alice.get(LIST).text)
    assert 'hx-trigger="every 2s"' in alice.get(LIST).text

    with app.app_context(), transaction() as session:
        for domain in session.query(DomainHealth):
            domain.next_check_at, domain.check_lease_until = now().replace(year=2030), None
    assert "being checked" not in words(alice.get(LIST).text)
    assert 'hx-trigger="nimbus:tick from:body"' in alice.get(LIST).text


def test_another_workspace_sees_none_of_them(browse, states):
    assert "No domain yet" in words(browse("charlie").get(LIST).text)
    assert browse("charlie").get("/domains/listed.example").status_code == 404
