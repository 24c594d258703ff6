"""What was decided for a campaign: each batch with its pool as it was seen, its messages, and every inbox by rule."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.clock import now
from nimbus.models import Batch, CampaignContact, EmailAccountHealth, Send
from nimbus.services.campaign_upkeep import DECISIONS_KEPT, purge_batches
from nimbus.services.run_batch import run_batch
from tests.services.campaigning import change, make_campaign, make_pool, run_now
from tests.web.campaigns import throttled
from tests.web.reading import links, same_part, words


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock.offset = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC) - datetime.now(UTC)


@pytest.fixture
def stuck(app, cast):
    """The page of a throttled campaign."""
    with app.app_context():
        campaign, _ = throttled(cast.alice.workspace_id)
    return f"/campaigns/{campaign}"


@pytest.mark.claim("C43", partly=True)
def test_a_deferral_is_in_the_log_with_its_reason_and_leads_to_the_pool_as_it_was(app, alice, stuck):
    log = alice.get(f"{stuck}/log")
    assert "0 messages given to inboxes, 3 put off of 3 due" in words(log.text)
    with app.app_context():
        change(EmailAccountHealth, overall_score=90, restriction="any")

    page = words(alice.get(f"{stuck}/batches/1").text)

    assert "Deferred to 10:15. None of 4 inboxes can take this cold outreach message" in page
    assert "in0@acme.test scores 68, the campaign needs 70." in page
    assert "in3@acme.test is reserved for nurture; this is a cold outreach campaign." in page
    assert "c0@beta.test step 1, to 2 Mar, 10:15" in page


@pytest.mark.claim("C35", partly=True)
def test_a_message_leads_to_the_batch_that_chose_its_inbox(app, alice, cast):
    with app.app_context():
        campaign = make_campaign(cast.alice.workspace_id, make_pool(cast.alice.workspace_id, 2), 2)
        run_batch(cast.alice.workspace_id, campaign)

    assert f"/campaigns/{campaign}/batches/1" in links(alice.get("/messages/1").text)
    page = alice.get(f"/campaigns/{campaign}/batches/1")
    assert "Given to inboxes" in words(page.text)
    assert "/messages/1" in links(page.text)


def test_a_message_outlives_the_decisions_about_it(app, alice, cast, read):
    with app.app_context():
        campaign = make_campaign(cast.alice.workspace_id, make_pool(cast.alice.workspace_id, 1), 1)
        run_batch(cast.alice.workspace_id, campaign)
        purge_batches(read_began(read) + DECISIONS_KEPT * 2)

    assert not read(Batch)
    assert len(read(Send)) == 1
    assert "the batch that chose it" not in words(alice.get("/messages/1").text)
    assert alice.get(f"/campaigns/{campaign}/batches/1").status_code == 404


def test_every_inbox_is_shown_with_every_rule_and_can_be_narrowed_to_one(alice, stuck):
    page = alice.get(f"{stuck}/inboxes")
    below = alice.get(f"{stuck}/inboxes?rule=BELOW_SCORE")

    assert words(page.text).count("May be used for cold outreach") >= 5
    assert "in3@acme.test" in words(page.text)
    assert "in3@acme.test" not in words(below.text)
    assert "in2@acme.test in2@acme.test scores 61" in words(below.text)
    assert same_part(alice.get(f"{stuck}/inboxes?rule=BELOW_SCORE", htmx=True).text, below.text)
    assert "No inbox fails this rule" in words(alice.get(f"{stuck}/inboxes?rule=COOLDOWN").text)


def test_a_large_pool_is_read_in_pages_of_fifty(app, alice, cast):
    with app.app_context():
        workspace_id = cast.alice.workspace_id
        campaign = make_campaign(workspace_id, make_pool(workspace_id, 60, overall_score=68), 0)

    first = words(alice.get(f"/campaigns/{campaign}/inboxes?rule=BELOW_SCORE").text)
    second = alice.get(f"/campaigns/{campaign}/inboxes?rule=BELOW_SCORE&page=2").text

    assert "1–50 of 60" in first
    assert "51–60 of 60" in words(second)
    assert words(alice.get(f"/campaigns/{campaign}/inboxes?page=nine").text).count("scores 68") == 50


def test_older_decisions_are_a_page_further_back(app, alice, stuck):
    with app.app_context():
        for _ in range(20):
            change(CampaignContact, due_at=now() - timedelta(seconds=1))
            run_now(1, 1)

    newest = alice.get(stuck)
    [older] = [link for link in links(newest.text) if "before=" in link]

    assert words(newest.text).count("3 put off of 3 due, asked for by Ada") == 20
    assert words(alice.get(older).text).count("3 put off of 3 due") == 1


def read_began(read):
    """When the newest batch began."""
    return read(Batch)[-1].began_at
