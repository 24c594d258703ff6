"""What is stuck and why, on one page; and the same from the side of an inbox."""

from datetime import UTC, datetime

import pytest

from nimbus.models import DomainHealth
from nimbus.services.review_due import review_workspace
from nimbus.services.run_batch import run_batch
from tests.factories import make_email_account, make_inbox_day
from tests.services.campaigning import change, make_campaign, make_pool
from tests.services.hearing import hear
from tests.web.campaigns import throttled
from tests.web.reading import links, same_part, words


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock.offset = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC) - datetime.now(UTC)


@pytest.mark.claim("C44")
@pytest.mark.claim("C72", partly=True)
def test_a_throttled_campaign_is_shown_with_since_when_how_many_why_and_when_it_is_tried_again(
    app, alice, cast
):
    with app.app_context():
        campaign, _ = throttled(cast.alice.workspace_id)

    page = alice.get("/deliverability")

    line = "Acme cold UK Since 2 Mar, 10:00 Waiting 3 3 of 4 inboxes below the campaign's floor"
    assert line in words(page.text).replace("&#39;", "'")
    assert "Next try 2 Mar, 10:15" in words(page.text)
    assert f"/campaigns/{campaign}" in links(page.text)
    assert same_part(alice.get("/deliverability", htmx=True).text, page.text)
    assert "1 campaign is throttled" in words(alice.get("/").text)


def test_the_reason_that_keeps_back_most_inboxes_is_the_one_told(app, alice, cast):
    workspace_id = cast.alice.workspace_id
    with app.app_context():
        run_batch(workspace_id, make_campaign(workspace_id, [], 1, called="e", name="Empty"))
        pool = make_pool(workspace_id, 3)
        change(DomainHealth, pause_reason="DMARC fails", pause_codes=["dmarc_alignment"])
        run_batch(workspace_id, make_campaign(workspace_id, pool, 1, name="Paused domain"))

    page = alice.get("/deliverability").text

    assert "Its sending pool has no inbox" in words(page)
    assert "3 of 3 inboxes on a paused domain acme.test: DMARC fails. Fix acme.test" in words(page)
    assert "/domains/acme.test#check-alignment" in links(page)
    assert "Throttled campaigns (2)" in words(page)


def test_nothing_throttled_is_said_to_be_good(alice):
    assert "Nothing is throttled. Looked at 2 Mar, 10:00 ." in words(alice.get("/deliverability").text)


@pytest.mark.claim("C58", partly=True)
@pytest.mark.claim("C63", partly=True)
def test_an_inboxes_own_page_says_what_each_of_its_campaigns_makes_of_it(app, alice, cast):
    workspace_id = cast.alice.workspace_id
    with app.app_context():
        campaign, pool = throttled(workspace_id)
        make_campaign(workspace_id, pool[:1], 0, name="Mild", min_health_score=60, campaign_type="nurture")

    page = alice.get(f"/email-accounts/{pool[0]}")

    assert "Acme cold UK : not now in0@acme.test scores 68, the campaign needs 70." in words(page.text)
    assert "Mild : can send now It asks for a health score from 60 and stage 2." in words(page.text)
    assert f"/campaigns/{campaign}" in links(page.text)


@pytest.fixture
def heard(app, cast):
    """Two inboxes: of 40 messages of the one 3 were refused and 1 complained about, the other's 10 are well."""
    workspace_id = cast.alice.workspace_id
    with app.app_context():
        bad = make_email_account(workspace_id, "bo@acme.test", provider="gmail", legs=(), daily_send_limit=60)
        good = make_email_account(workspace_id, "gus@acme.test", legs=(), daily_send_limit=40)
        hear(workspace_id, bad, "sent", times=37)
        hear(workspace_id, bad, "sent", "permanent", times=3)
        hear(workspace_id, bad, "sent", "complaint")
        hear(workspace_id, good, "sent", times=10)
        make_inbox_day(workspace_id, good, sent=10)
        review_workspace(workspace_id)
    return bad


@pytest.mark.claim("C71", partly=True)
@pytest.mark.claim("C72", partly=True)
def test_the_rates_of_a_week_are_told_with_their_counts_by_provider_and_by_day(alice, heard):
    page = words(alice.get("/deliverability?days=30").text)

    assert "Bounces, 7 days 5.9 % (3 of 51)" in page
    assert "Complaints, 7 days 2.1 % (1 of 48)" in page
    assert "Sent today 10 of " in page
    assert "Gmail 7.3 % (3/41) bounces, 2.6 % (1/38) complaints" in page
    assert "2 Mar 51 5.9 % (3/51) 2.1 % (1/48)" in page
    assert (
        'aria-label="Bounces on 1 day with mail: at most 5.9 %, on 2 March."'
        in alice.get("/deliverability").text
    )


def test_the_worst_inbox_leads_to_its_page_and_what_no_source_tells_is_named(alice, heard):
    page = alice.get("/deliverability").text

    assert "bo@acme.test 7.3 % bounces, 2.63 % complaints" in words(page)
    assert f"/email-accounts/{heard}" in links(page)
    assert "Gmail Postmaster not connected, so the spam rate at Gmail is not known yet" in words(page)
