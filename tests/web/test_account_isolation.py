"""Another workspace's account cannot be told from one that does not exist, whatever is asked of it."""

import pytest

from nimbus.clock import now
from nimbus.models import ConnectionTest, EmailAccountHealth, HealthEvent
from tests.factories import make_email_account
from tests.web.reading import without_token

MISSING = 999_999
TYPED = {
    "daily_send_limit": "30",
    "rotation_priority": "5",
    "restriction": "nurture",
    "is_active": "no",
    "imap_folder": "INBOX",
    "field": "limit",
}


@pytest.fixture
def ava(app, cast):
    with app.app_context():
        return make_email_account(cast.alice.workspace_id)


def requests_about(app, account_id):
    """(method, URL) of every route that takes an account."""
    adapter = app.url_map.bind("localhost")
    rules = [rule for rule in app.url_map.iter_rules() if "account_id" in rule.arguments]
    assert len(rules) >= 10
    for rule in rules:
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            yield method, adapter.build(rule.endpoint, {"account_id": account_id}, method=method)


def ask(browser, method, url, *, htmx):
    if method == "POST":
        return browser.post(url, TYPED, htmx=htmx)
    return browser.get(url, query_string={"field": "limit"}, htmx=htmx)


@pytest.mark.parametrize("htmx", [False, True])
def test_another_workspaces_account_answers_like_a_missing_one(app, browse, ava, read, htmx):
    charlie = browse("charlie")
    pairs = zip(requests_about(app, ava), requests_about(app, MISSING), strict=True)
    for (method, theirs), (_, missing) in pairs:
        answer, expected = (ask(charlie, method, url, htmx=htmx) for url in (theirs, missing))

        assert answer.status_code == expected.status_code == 404, f"{method} {theirs}"
        assert without_token(answer.text) == without_token(expected.text), f"{method} {theirs}"
        # The token is sealed anew each second, so its compressed length may differ by a byte or two.
        assert dict(answer.headers, **{"Content-Length": ""}) == dict(
            expected.headers, **{"Content-Length": ""}
        )

    [account] = read(EmailAccountHealth)
    assert (account.daily_send_limit, account.restriction, account.is_active) == (20, "any", True)
    assert read(HealthEvent) == read(ConnectionTest) == []


def test_a_removed_account_answers_like_a_missing_one(app, alice, cast):
    with app.app_context():
        gone = make_email_account(cast.alice.workspace_id, removed_at=now())
    for method, url in requests_about(app, gone):
        assert ask(alice, method, url, htmx=False).status_code == 404, f"{method} {url}"


def test_an_id_that_no_database_can_hold_is_just_missing(app, alice):
    for account_id in (0, 2**31, 2**63, 10**40):
        for method, url in requests_about(app, account_id):
            assert ask(alice, method, url, htmx=False).status_code == 404, f"{method} {url}"


def test_a_doubtful_place_in_the_log_is_the_usual_page(alice, ava):
    for before in ("0", "-1", "x", str(2**31), str(2**63), "9" * 40):
        response = alice.get(f"/email-accounts/{ava}/log", query_string={"before": before})

        assert response.status_code == 200, before


def test_lists_and_counts_of_another_workspace_show_nothing_of_it(browse, ava):
    charlie = browse("charlie")
    for url in ("/", "/email-accounts", "/email-accounts?q=ava", "/email-accounts?domain=acme.test"):
        page = charlie.get(url).text
        for asked_for in ('value="acme.test"', "domain=acme.test", "No account is on acme.test."):
            page = page.replace(asked_for, "")
        assert "acme.test" not in page
