"""The page of figures: how the mail of some days fared, with charts that have tables."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_email_account, make_send
from tests.services.fetching import answer, complaint, hear_back, report
from tests.web.reading import links, same_part, words


def now():
    return datetime.now(UTC)


@pytest.fixture
def mail(app, make):
    """Three messages of an inbox: one came back, one was answered."""
    account_id = make(make_email_account)
    left = {"state": "sent", "kind": "manual", "in_data_at": now(), "finished_at": now(), "attempts": 1}
    for number in range(3):
        names = {"message_id": f"<m{number}@acme.test>", "recipient": f"c{number}@beta.test"}
        make(make_send, account_id, **left | names)
    with app.app_context():
        bounced = report("<m0@acme.test>", "c0@beta.test")
        hear_back(account_id, bounced, answer("<m1@acme.test>", "Sounds good.", sender="c1@beta.test"))
    return account_id


@pytest.fixture
def of_campaign(app, make, draft):
    """Four messages of a campaign: one came back, one was answered, one reported as spam; and one ten days ago."""
    account_id = make(make_email_account)
    names = [f"<m{number}@acme.test>" for number in range(5)]
    for number, name in enumerate(names):
        at = now() - timedelta(days=10 if number == 4 else 0)
        left = {"state": "sent", "kind": "campaign", "in_data_at": at, "finished_at": at, "attempts": 1}
        its = {"campaign_id": draft, "contact_id": number, "step": 0, "message_id": name}
        make(make_send, account_id, recipient=f"c{number}@beta.test", **left | its)
    with app.app_context():
        heard = answer(names[1], "Sounds good.", sender="c1@beta.test"), complaint(names[2])
        hear_back(account_id, report(names[0], "c0@beta.test"), *heard)


@pytest.mark.claim("C71")
@pytest.mark.parametrize(
    ("by", "name"),
    [("inbox", "ava@acme.test"), ("domain", "acme.test"), ("campaign", "Spring"), ("step", "Spring, step 1")],
)
def test_sends_bounces_complaints_and_replies_are_told_over_days_of_ones_choice(alice, of_campaign, by, name):
    week, month = (words(alice.get(f"/deliverability/figures?by={by}&days={days}").text) for days in (7, 30))

    assert f"{name} 4 3 1 25.0 %: 1 no such address 1 1 25.0 %: 1 interested" in week
    assert f"{name} 5 4 1 20.0 %: 1 no such address 1 1 20.0 %: 1 interested" in month


def test_each_inbox_is_told_with_what_came_back_by_category_and_class(alice, mail):
    page = alice.get("/deliverability/figures?days=7").text

    told = "ava@acme.test 3 2 1 33.3 %: 1 no such address 0 1 33.3 %: 1 interested"
    assert told in words(page)
    assert f"/messages?account={mail}" in links(page)


def test_a_chart_says_in_words_what_it_shows_and_has_a_table(alice, mail):
    page = alice.get("/deliverability/figures").text

    assert f"Sent: 3 in 30 days, at most 3 on {now().day} {now():%B}." in page
    assert "Answered: 1 in 30 days" in page
    assert "The same as a table" in words(page)


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("domain", "acme.test"),
        ("campaign", "Written by hand"),
        ("step", "Written by hand"),
        ("nonsense", "ava@"),
    ],
)
def test_figures_are_told_apart_by_what_the_address_asks_for(alice, mail, by, name):
    page = alice.get(f"/deliverability/figures?by={by}&days=12&campaign=x").text

    assert name in words(page)
    assert "30 days" in words(page)


def test_one_campaign_is_told_alone_also_where_nobody_answered(alice, make, mail, draft):
    left = {"state": "sent", "finished_at": now(), "kind": "campaign", "campaign_id": draft, "step": 0}
    make(make_send, mail, **left | {"recipient": "d@beta.test", "contact_id": 1})
    assert "Spring" in words(alice.get("/deliverability/figures").text)

    page = words(alice.get(f"/deliverability/figures?campaign={draft}&by=step").text)

    assert "Spring, step 1 1 1 0 0 0" in page
    assert "Written by hand" not in page.replace("and what was written by hand", "")


def test_the_part_alone_is_the_part_of_the_page(alice, mail):
    page = alice.get("/deliverability/figures?days=90").text

    assert same_part(alice.get("/deliverability/figures?days=90", htmx=True).text, page)


def test_without_mail_the_page_leads_to_the_campaigns(alice):
    page = alice.get("/deliverability/figures").text

    assert "Nothing was sent in these days" in words(page)
    assert "/campaigns" in links(page)
