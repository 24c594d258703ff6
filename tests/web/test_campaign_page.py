"""The page of a campaign: why it is not sending, another floor tried, what one click does, and the next batch by hand."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.clock import now
from nimbus.models import Campaign, CampaignContact, CampaignInbox, EmailAccountHealth, Send
from tests.factories import make_email_account
from tests.services.campaigning import change, make_campaign, make_pool
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


@pytest.mark.claim("C58")
def test_the_page_says_who_is_left_after_each_rule_and_names_the_near_misses(alice, stuck):
    page = words(alice.get(stuck).text)

    assert "Throttled Since 10:00 on 2 Mar no inbox may take what is due: 3 messages wait" in page
    assert "Why is it not sending? No inbox of the pool may send right now: 4 inboxes" in page
    assert "In the pool 4" in page
    assert "1. May be used for cold outreach 3 1 out" in page
    assert "5. Health 70 or more 0 3 out by “Health 70 or more”: see which 69, 68, 61" in page
    assert "The rule that costs most: health 70 or more , 3 inboxes." in page
    assert "Near the floor of 70: in1@acme.test ( 69 ), in0@acme.test ( 68 )." in page
    assert "next try 2 Mar, 10:15" in page


def test_the_page_leads_to_the_pool_which_may_change_while_it_runs(alice, stuck):
    assert f"{stuck}/pool" in links(alice.get(stuck).text)
    assert "4 inboxes are in the pool." in words(alice.get(f"{stuck}/pool").text)


def test_a_floor_is_tried_without_changing_anything_and_set_with_one_click(alice, stuck, read):
    answer = alice.get(f"{stuck}/floor?floor=68")

    said = r"With a floor of 68, 2 inboxes more could send now: about \d+ messages more today\."
    assert re.search(said, words(answer.text))
    assert read(Campaign)[0].min_health_score == 70
    fragment = alice.get(f"{stuck}/floor?floor=68", htmx=True).text
    assert same_part(fragment, answer.text)
    alice.post(f"{stuck}/floor", data={"floor": 68})
    assert read(Campaign)[0].min_health_score == 68


@pytest.mark.parametrize("typed", ["", "a lot", "101", "-1"])
def test_a_floor_that_is_none_is_refused_beside_the_field(alice, stuck, read, typed):
    for answer in (
        alice.get(f"{stuck}/floor", query_string={"floor": typed}),
        alice.post(f"{stuck}/floor", data={"floor": typed}),
    ):
        assert answer.status_code == 422
        assert "Enter a whole number from 0 to 100." in words(answer.text)
    assert read(Campaign)[0].min_health_score == 70


@pytest.mark.claim("C44", partly=True)
def test_setting_the_floor_lets_it_send_at_once_and_throttled_goes(alice, stuck, run_jobs, read):
    assert "Throttled" in words(alice.get(stuck).text)

    alice.post(f"{stuck}/floor", data={"floor": 60})
    run_jobs()

    assert len(read(Send)) == 3
    page = words(alice.get(stuck).text)
    assert "Throttled" not in page
    assert "Running 3 messages leave as inboxes have room" in page


def test_inboxes_that_could_send_it_are_put_into_the_pool_with_one_click(app, alice, cast, stuck, read):
    with app.app_context():
        make_pool_beside(cast.alice.workspace_id)
    assert "Add 2 inboxes that can send it" in words(alice.get(stuck).text)

    alice.post(f"{stuck}/inboxes")

    assert len(read(CampaignInbox)) == 6
    assert read(Campaign)[0].next_at <= now_of(app)


def test_the_next_batch_is_asked_for_by_hand_and_the_page_follows_it_until_it_is_done(
    alice, app, stuck, run_jobs, read
):
    with app.app_context():
        change(EmailAccountHealth, overall_score=90, restriction="any")

    alice.post(f"{stuck}/batch")

    page = alice.get(stuck)
    assert "Alice asked for the next batch" in words(page.text)
    assert 'hx-trigger="every 2s"' in page.text
    assert '<meta http-equiv="refresh"' in page.text
    run_jobs()
    page = alice.get(stuck)
    assert "3 messages given to inboxes of 3 due, asked for by Alice" in words(page.text)
    assert "every 2s" not in page.text
    assert len(read(Send)) == 3


def test_a_batch_outside_the_hours_is_refused_with_them(alice, app, stuck):
    with app.app_context():
        change(Campaign, opens=10 * 60)

    alice.post(f"{stuck}/batch")

    said = "It is outside this campaign's hours, Mon–Sun 10:00–24:00, UTC."
    assert said in html.unescape(words(alice.get(stuck).text))


STATES = {
    "Draft Nothing leaves before it is launched.": {"state": "draft", "throttled_since": None},
    "Paused Nothing leaves until somebody resumes it.": {"state": "paused"},
    "Finished Ended by hand, with 3 of 3 contacts not through.": {"state": "finished"},
    "Running These are not its hours: they open at 11:00 on 2 Mar.": {
        "opens": 10 * 60,
        "throttled_since": None,
    },
}


@pytest.mark.parametrize("said", STATES)
def test_every_state_is_one_word_with_its_reason(alice, app, stuck, said):
    with app.app_context():
        change(Campaign, **STATES[said])

    page = alice.get(stuck)

    assert said in words(page.text)
    assert "Run the next batch now" not in page.text


def test_a_campaign_that_waits_for_a_day_says_until_when(alice, app, cast):
    with app.app_context():
        pool = make_pool(cast.alice.workspace_id, 1)
        campaign = make_campaign(cast.alice.workspace_id, pool, 1, next_at=now() + timedelta(days=1))
        change(CampaignContact, due_at=now() + timedelta(days=1))

    page = words(alice.get(f"/campaigns/{campaign}").text)

    assert "Running Nobody is due before 10:00 on 3 Mar." in page
    assert "Who can send it now 1 of 1 inbox may send right now." in page


def test_an_empty_pool_says_so(alice, app, cast):
    with app.app_context():
        campaign = make_campaign(cast.alice.workspace_id, [], 1)

    assert "The sending pool has no inbox." in words(alice.get(f"/campaigns/{campaign}").text)


def test_a_viewer_sees_why_and_is_offered_nothing(browse, stuck):
    page = browse("vera").get(stuck).text

    assert "Owners, admins and operators can change this campaign." in words(page)
    assert "Run the next batch now" not in page
    assert "Set the floor" not in page
    assert "Show</button>" in " ".join(page.split()).replace("Show ", "Show")


def test_what_htmx_asks_for_is_the_same_part_of_the_page(alice, stuck):
    assert same_part(alice.get(stuck, htmx=True).text, alice.get(stuck).text)
    assert f"{stuck}/inboxes" in links(alice.get(stuck).text)


def make_pool_beside(workspace_id):
    """Two more inboxes that may send, on another domain."""
    fit = {"current_stage": 5, "overall_score": 90, "daily_send_limit": 50}
    return [make_email_account(workspace_id, f"new{number}@beta.test", legs=(), **fit) for number in range(2)]


def now_of(app):
    """The product's own moment."""
    with app.app_context():
        return now()
