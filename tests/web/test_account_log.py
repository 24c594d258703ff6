"""The whole log of an inbox: each decision with what was behind it, what was heard of its mail, and nothing else's."""

import pytest

from nimbus.services.review_due import review_workspace
from tests.factories import make_email_account, make_events, make_send
from tests.services.hearing import hear
from tests.web.reading import links, same_part, words


@pytest.fixture
def lived(app, cast):
    """The log of an inbox that sent 60 messages, the last of which were refused."""
    workspace_id = cast.alice.workspace_id
    with app.app_context():
        account_id = make_email_account(workspace_id)
        make_events(workspace_id, account_id, 2)
        hear(workspace_id, account_id, "sent", times=54)
        for number in range(6):
            send_id = make_send(
                workspace_id, account_id, state="failed", recipient=f"eve{number}@example.com"
            )
            about = {"send_id": send_id, "cause": f"send:{send_id}", "detail": "550 No such user"}
            hear(workspace_id, account_id, "sent", "permanent", **about)
        review_workspace(workspace_id)
    return f"/email-accounts/{account_id}/log", send_id


@pytest.mark.claim("C30", partly=True)
def test_a_decision_shows_before_after_cause_and_the_numbers_it_was_read_from(alice, lived):
    page = words(alice.get(lived[0]).text)

    stage = "Before 3 After 1 Cause a rate became critical Counted bounces 6 of 60, complaints 0 of 54"
    assert f"{stage}, of campaign mail and replies, warmup sends 0, reputation" in page
    assert "Event 2" in page


def test_the_log_can_be_narrowed_to_decisions_to_errors_and_to_mail(alice, lived):
    url, send_id = lived
    decisions = words(alice.get(f"{url}?show=decisions").text)
    errors = words(alice.get(f"{url}?show=errors").text)
    mail = alice.get(f"{url}?show=mail")

    assert "Health score 40" in decisions
    assert "Event 2" not in decisions
    assert "Health hold" in errors
    assert "Health score" not in errors
    assert "Refused for good Said 550 No such user" in words(mail.text)
    assert f"/messages/{send_id}" in links(mail.text)


def test_the_mail_is_read_page_by_page_and_stays_narrowed(alice, lived):
    url, seen = f"{lived[0]}?show=mail", 0
    while url:
        page = alice.get(url).text
        seen += page.count("<li>") - page.count('aria-label="What is shown"') * 4
        url = next((link for link in links(page) if "before=" in link), None)
        assert url is None or "show=mail" in url

    assert seen >= 66


def test_what_htmx_asks_for_is_the_same_part_of_the_page(alice, lived):
    url = f"{lived[0]}?show=decisions"

    assert same_part(alice.get(url, htmx=True).text, alice.get(url).text)


@pytest.mark.parametrize("show", ["nothing", "", "mail'"])
def test_a_log_that_is_narrowed_to_nonsense_is_shown_whole(alice, lived, show):
    assert "Event 2" in words(alice.get(lived[0], query_string={"show": show}).text)


@pytest.mark.parametrize(
    ("show", "said"),
    [
        ("all", "Every change to this inbox is written here"),
        ("decisions", "Nothing has been decided yet."),
        ("errors", "Nothing has gone wrong."),
        ("mail", "Nothing has been heard of its mail yet"),
    ],
)
def test_an_empty_log_says_what_would_stand_there(alice, ava, show, said):
    assert said in words(alice.get(f"{ava}/log?show={show}").text)
