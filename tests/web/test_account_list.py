"""The list of accounts: worst first, searched, filtered, sorted and cut into pages of 50."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import DomainHealth, EmailAccountHealth
from tests.factories import make_email_account, make_inbox_day
from tests.web.reading import links, same_part, words

LIST = "/email-accounts"
HOSTILE = (
    "page=0",
    "page=-1",
    "page=abc",
    "page=99999999999999999999",
    "per_page=7",
    "per_page=-50",
    "sort=password_hash",
    "direction=sideways",
    "client=nobody&tag=%00",
    "tag=" + "x" * 5000,
    "status=nonsense",
    "provider=nonsense",
    "domain=nonsense.test",
    "q=%00",
    "q=%FF%FE",
    "q=" + "x" * 5000,
    "q='%20OR%201=1--",
    "q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "status=ready&status=warming",
    "unknown=1",
)


@pytest.fixture
def make(app, cast):
    def account(email, **overrides):
        with app.app_context():
            return make_email_account(cast.alice.workspace_id, email, **overrides)

    return account


@pytest.fixture
def fleet(app, cast):
    """120 accounts on two domains, half of each of two stages, written at once."""
    with app.app_context(), transaction() as session:
        domains = [
            DomainHealth(workspace_id=cast.alice.workspace_id, name=name, created_at=now())
            for name in ("one.test", "two.test")
        ]
        session.add_all(domains)
        session.flush()
        session.add_all(
            EmailAccountHealth(
                workspace_id=cast.alice.workspace_id,
                email=f"a{number:03}@{domains[number % 2].name}",
                display_name=f"Number {number}",
                provider="smtp_imap",
                domain_id=domains[number % 2].id,
                daily_send_limit=20,
                current_stage=0 if number < 60 else 3,
                created_at=now(),
            )
            for number in range(120)
        )


def rows(html):
    """The addresses before the @ in the table, from top to bottom."""
    return re.findall(r'<a href="/email-accounts/\d+">([^@<]+)@', html)


def test_120_accounts_fill_two_pages_of_50_and_one_of_20(alice, fleet):
    read = [rows(alice.get(f"{LIST}?page={page}").text) for page in (1, 2, 3)]

    assert [len(page) for page in read] == [50, 50, 20]
    assert sum(read, []) == [f"a{number:03}" for number in range(120)]  # noqa: RUF017 - three short lists
    first = words(alice.get(LIST).text)
    assert "1–50 of 120" in first
    assert "All 120 Warming 60 Ready 60" in first
    assert "101–120 of 120" in words(alice.get(f"{LIST}?page=3").text)


def test_a_page_beyond_the_end_shows_the_last_one(alice, fleet):
    assert "101–120 of 120" in words(alice.get(f"{LIST}?page=99").text)


def test_only_offered_page_sizes_are_taken(alice, fleet):
    shown = {size: len(rows(alice.get(f"{LIST}?per_page={size}").text)) for size in (25, 100, 500)}

    assert shown == {25: 25, 100: 100, 500: 50}


def test_worst_comes_first_with_word_reason_and_action(alice, app, cast, make):
    make("ready@x.test", overall_score=90)
    make("weak@x.test", overall_score=71)
    make("nurture@x.test", current_stage=2)
    make("warming@x.test", current_stage=1)
    make("deaf@x.test", failed_legs=["imap"])
    make("cool@x.test", cooldown_until=datetime.now(UTC) + timedelta(hours=3))
    make("out@x.test", is_active=False, is_active_changed_by="Dana", is_active_changed_at=datetime.now(UTC))
    lost = make("lost@x.test", connection_state="auth_failed", failed_legs=["smtp"])
    with app.app_context():
        make_inbox_day(cast.alice.workspace_id, make("done@x.test"), sent=20)
    html = alice.get(LIST).text

    assert rows(html) == ["lost", "out", "cool", "deaf", "done", "warming", "nurture", "weak", "ready"]
    assert "Needs attention The server refused the password: Authentication failed Reconnect" in words(html)
    assert f"{LIST}/{lost}/reconnect" in links(html)
    assert "Done for today 20 of 20, resets 00:00 Europe/Paris" in words(html)


def test_a_row_shows_figures_and_a_dash_with_its_reason_for_what_is_not_known(alice, app, cast, make):
    known = make("known@x.test", overall_score=88, bounce_rate_7d=0.021, current_stage=4)
    with app.app_context():
        make_inbox_day(cast.alice.workspace_id, known, sent=3, reserved=1)
    make("fresh@x.test")
    page = words(alice.get(f"{LIST}?sort=account").text)

    assert "known@x.test SMTP and IMAP · x.test Ready Sends cold and nurture 88 4 4/20 2.1 % –" in page
    nothing = "– No sends in the last 7 days"
    fresh = f"– No health score yet: it needs warmup results 3 0/20 {nothing} {nothing}"
    assert f"fresh@x.test SMTP and IMAP · x.test Ready Sends cold and nurture {fresh}" in page


def test_rates_stand_with_their_counts_and_tiny_samples_are_counts_alone(alice, make):
    bounces = {"bounce_rate_7d": 9 / 220, "bounce_count": 9, "bounce_of": 220}
    make("many@x.test", **bounces, complaint_rate_7d=0, complaint_of=211)
    make(
        "few@x.test", bounce_rate_7d=0, bounce_of=4, complaint_rate_7d=0.25, complaint_count=1, complaint_of=4
    )
    page = words(alice.get(f"{LIST}?sort=bounce&direction=desc").text)

    assert "0/20 4.1 % (9/220) 0.0 % (0/211)" in page
    assert "0/20 0 of 4 1 of 4" in page


FOUND = {
    "q=A00": [f"a{number:03}" for number in range(10)],
    "q=number+a01": [f"a{number:03}" for number in range(10, 20)],
    "q=a11+one.test": ["a110", "a112", "a114", "a116", "a118"],
    "q=a11&domain=two.test": ["a111", "a113", "a115", "a117", "a119"],
    "q=a05&status=warming&domain=one.test": ["a050", "a052", "a054", "a056", "a058"],
    "q=a05&sort=account&direction=desc&domain=one.test": ["a058", "a056", "a054", "a052", "a050"],
    "provider=smtp_imap&q=a000": ["a000"],
    "provider=gmail": [],
    "q=%25": [],
    "q=_": [],
}


def test_search_and_filters_narrow_the_list(alice, fleet):
    assert {query: rows(alice.get(f"{LIST}?{query}").text) for query in FOUND} == FOUND


def test_the_fragment_is_the_same_part_of_the_page(alice, fleet):
    for query in ("", "?page=2", "?q=a01&sort=stage", "?q=nobody", "?status=cooldown"):
        fragment = alice.get(LIST + query, htmx=True)

        assert fragment.text.lstrip().startswith('<div id="list"')
        assert same_part(fragment.text, alice.get(LIST + query).text)
        assert "HX-Request" in fragment.headers["Vary"]


def test_going_back_in_history_gets_the_whole_page(alice, fleet):
    restored = alice.get(LIST, headers={"HX-Request": "true", "HX-Request-Type": "full"})

    assert restored.text.startswith("<!DOCTYPE html>")


def test_every_link_of_the_list_keeps_what_it_does_not_change(alice, fleet):
    query = {
        "q": ["number"],
        "status": ["warming"],
        "sort": ["account"],
        "direction": ["desc"],
        "per_page": ["25"],
    }
    html = alice.get(f"{LIST}?q=number&status=warming&sort=account&direction=desc&per_page=25&page=2").text
    asked = [parse_qs(urlsplit(link).query) for link in links(html) if link.startswith(f"{LIST}?")]

    assert query | {"page": ["3"]} in asked  # next page
    assert query in asked  # previous page, which is the first
    tabs = {name: value for name, value in query.items() if name != "status"}
    assert tabs in asked  # all states
    assert tabs | {"status": ["ready"]} in asked
    turned = {name: value for name, value in query.items() if name != "direction"}
    assert turned in asked  # the same column the other way round
    assert turned | {"sort": ["health"]} in asked
    assert 'value="number"' in html


def test_usual_values_leave_the_address_clean(alice, fleet):
    html = alice.get(f"{LIST}?q=&status=&sort=status&direction=asc&page=1&per_page=50").text

    assert LIST in links(html)
    assert not [link for link in links(html) if "per_page" in link or "q=" in link]


def test_doubtful_addresses_show_a_list_and_never_an_error(alice, make):
    make("ava@x.test")
    for query in HOSTILE:
        response = alice.get(f"{LIST}?{query}")

        assert response.status_code == 200, query
        assert "<script>alert" not in response.text


def test_without_any_account_the_page_says_how_to_begin(alice):
    response = alice.get(f"{LIST}?q=ava")

    assert "No inbox yet Connect a mailbox to start warming it." in words(response.text)
    assert "/email-accounts/connect" in links(response.text)
    assert 'type="search"' not in response.text


def test_a_search_without_a_match_names_what_was_typed_and_offers_to_clear_it(alice, make):
    make("ava@x.test")
    response = alice.get(f"{LIST}?q=akme")

    assert "Nothing matches “akme”" in words(response.text)
    assert "Clear search" in words(response.text)
    assert LIST in links(response.text)


def test_a_filter_without_a_match_offers_to_show_all(alice, make):
    for name in ("ava", "bob"):
        make(f"{name}@x.test")
    response = alice.get(f"{LIST}?status=cooldown")

    assert "No account here No account is in Cooldown. Show all 2" in words(response.text)
    response = alice.get(f"{LIST}?status=cooldown&client=Acme&provider=gmail")
    assert "No account is in Cooldown, for client Acme, at Gmail. Show all 2" in words(response.text)


@pytest.mark.claim("C03", partly=True)
def test_four_connection_paths_are_reached_from_the_list(alice):
    assert "/email-accounts/connect" in links(alice.get(LIST).text)
    page = alice.get("/email-accounts/connect").text
    paths = [link for link in links(page) if link.startswith("/email-accounts/connect/")]

    assert [path.rpartition("/")[2] for path in paths] == ["gmail", "microsoft", "smtp", "reachinbox"]
    assert [alice.get(path).status_code for path in paths] == [200] * 4


@pytest.mark.claim("C34", partly=True)
def test_a_paused_account_is_listed_and_not_called_inactive(alice, make, read):
    make("ava@x.test", cooldown_until=datetime.now(UTC) + timedelta(hours=1))

    assert "Cooldown" in words(alice.get(LIST).text)
    assert read(EmailAccountHealth)[0].is_active
