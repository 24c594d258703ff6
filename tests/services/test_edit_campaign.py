"""A campaign before it runs: made, changed, given its inboxes, previewed, reviewed, copied and removed."""

from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import (
    AuditEvent,
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    EmailAccountHealth,
    Send,
)
from nimbus.rules.campaign_state import Part, StepCopy
from nimbus.services.campaign_life import CannotBecome, NoSuchCampaign, finish, launch, pause
from nimbus.services.campaign_pool import change_pool
from nimbus.services.copy_campaign import copy_campaign
from nimbus.services.edit_campaign import (
    CampaignSettings,
    SettingRefused,
    StepsRefused,
    change_settings,
    change_steps,
    create_campaign,
)
from nimbus.services.preview_campaign import preview
from nimbus.services.remove_campaign import remove_campaign
from nimbus.services.review_launch import review_launch
from nimbus.services.run_batch import BatchDone, run_batch
from tests.factories import make_workspace, reload
from tests.services.campaigning import all_rows, change, make_campaign, make_pool, run_now
from tests.services.contacts import make_book, make_contact

HELLO = StepCopy(0, "Hello {{first_name|there}}", "Hi {{first_name|there}}", "<p>Hi</p>")


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


@pytest.fixture
def draft(asker):
    return create_campaign(asker, name="Spring", campaign_type="nurture", min_health_score=65)


@pytest.fixture
def book(acme):
    book_id = make_book(acme)
    make_contact(acme, "zoe@example.com", book_id=book_id, first_name="Zoë", fields={"company": "Öl"})
    return book_id


def settings(**values):
    usual = {"name": "Spring", "campaign_type": "nurture", "min_health_score": 65, "book_id": None}
    hours = {"timezone": "Europe/Paris", "days": [0, 1, 2, 3, 4], "opens": 540, "closes": 1020}
    return CampaignSettings(**usual | hours | values)


def actions():
    return [(event.action, event.details) for event in all_rows(AuditEvent)]


def test_a_new_campaign_is_a_draft_with_the_usual_hours_in_the_workspaces_zone(draft):
    campaign = reload(Campaign, draft)

    assert (campaign.state, campaign.timezone) == ("draft", "Europe/Paris")
    assert (campaign.days, campaign.opens, campaign.closes) == ([0, 1, 2, 3, 4], 540, 1020)
    assert actions() == [("campaign_made", {})]


def test_what_is_changed_is_kept_and_told_and_what_is_not_is_not(asker, draft, book):
    change_settings(asker, draft, settings())
    change_settings(asker, draft, settings(book_id=book, closes=1440, days=[6]))

    campaign = reload(Campaign, draft)
    assert (campaign.book_id, campaign.closes, campaign.days) == (book, 1440, [6])
    assert actions()[1:] == [("campaign_changed", {"changed": ["book_id", "closes", "days"]})]


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"days": []}, "days", "choose one day at least"),
        ({"opens": 1020, "closes": 540}, "closes", "17:00 is not before 09:00"),
        ({"opens": 541, "closes": 550}, "closes", "no quarter of an hour begins"),
        ({"book_id": 999}, "book_id", "no longer exists"),
    ],
)
def test_a_setting_that_cannot_be_is_said_beside_its_field(asker, draft, values, field, said):
    with pytest.raises(SettingRefused, match=said) as refused:
        change_settings(asker, draft, settings(**values))

    assert refused.value.field == field
    assert len(actions()) == 1


def test_steps_are_kept_in_order_and_the_same_ones_again_are_no_change(asker, draft):
    steps = [HELLO, StepCopy(3, "", "Any news?")]
    for _ in range(2):
        change_steps(asker, draft, steps)

    assert [(row.number, row.delay_days, row.html) for row in all_rows(CampaignStep)] == [
        (0, 0, "<p>Hi</p>"),
        (1, 3, ""),
    ]
    assert actions()[1:] == [("campaign_changed", {"changed": ["steps"]})]


@pytest.mark.parametrize(
    ("steps", "where", "said"),
    [
        ([], (0, "body"), "There is no step yet"),
        ([HELLO] * 13, (12, "body"), "12 are the most"),
        ([HELLO, StepCopy(0, "", "Hi")], (1, "delay_days"), "Step 2 waits 0 days"),
        ([StepCopy(0, "{{compny}}", "Hi")], (0, "subject"), "Did you mean {{company}}"),
        ([StepCopy(0, "Hi", "Hi", "{{nothing}}")], (0, "html"), "in the HTML of step 1"),
        ([StepCopy(0, "Hi", "x" * 2_000_001)], (0, "body"), "^The text is 2.0 MB"),
        ([StepCopy(0, " ", "Hi")], (0, "subject"), "There is nothing in the subject of step 1"),
    ],
)
def test_a_step_that_cannot_be_sent_is_said_beside_its_field_and_nothing_is_kept(
    asker, draft, book, steps, where, said
):
    change_settings(asker, draft, settings(book_id=book))

    with pytest.raises(StepsRefused, match=said) as refused:
        change_steps(asker, draft, steps)

    assert where in [(each.step, each.field) for each in refused.value.wrong]
    assert all_rows(CampaignStep) == []


def test_a_step_that_somebody_waits_for_stays_and_others_may_come_and_go(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 1, delays=(0, 1, 1), state="paused")
    change(CampaignContact, step=1)
    first, second = HELLO, StepCopy(1, "", "Any news?")

    with pytest.raises(StepsRefused, match="Contacts wait for step 2"):
        change_steps(asker, campaign, [first])
    change_steps(asker, campaign, [first, second])

    assert len(all_rows(CampaignStep)) == 2


def test_what_runs_is_not_changed_and_another_workspaces_campaign_does_not_exist(asker, acme):
    running = make_campaign(acme, make_pool(acme, 1), 1)
    zenith = make_workspace("Zenith")
    theirs = make_campaign(zenith, make_pool(zenith, 1), 0, state="draft")

    with pytest.raises(CannotBecome, match="Pause it to change it"):
        change_steps(asker, running, [HELLO])
    with pytest.raises(CannotBecome, match="Pause it, then remove it"):
        remove_campaign(asker, running)
    for change_it in (copy_campaign, remove_campaign, finish, change_pool):
        with pytest.raises(NoSuchCampaign):
            change_it(asker, theirs)
    assert review_launch(asker.workspace_id, theirs) is None


@pytest.mark.claim("C63", partly=True)
def test_a_pool_takes_a_thousand_inboxes_at_once_and_an_inbox_is_in_any_number_of_pools(
    asker, draft, acme, monkeypatch
):
    monkeypatch.setattr("nimbus.services.campaign_pool._AT_ONCE", 2)
    zenith = make_workspace("Zenith")
    ids, theirs = make_pool(acme, 5), make_pool(zenith, 1)
    other = create_campaign(asker, name="Autumn", campaign_type="cold_outreach", min_health_score=70)

    assert change_pool(asker, draft, add=[*ids, *theirs, 999]) == (5, 0)
    assert change_pool(asker, other, add=ids[:3], take_out=ids) == (3, 3)
    assert change_pool(asker, draft, add=ids[:1], take_out=ids[1:]) == (0, 4)

    assert [(row.campaign_id, row.account_id) for row in all_rows(CampaignInbox)] == [(draft, ids[0])]


def test_an_inbox_that_comes_into_the_pool_wakes_the_campaign_that_waits_for_one(asker, acme):
    bad, good = make_pool(acme, 2)
    change(EmailAccountHealth, EmailAccountHealth.id == bad, overall_score=10)
    campaign = make_campaign(acme, [bad], 1)
    assert run_batch(acme, campaign) == BatchDone(0, 1)

    change_pool(asker, campaign, add=[good])

    assert run_batch(acme, campaign) == BatchDone(1, 0)


def test_a_preview_has_the_words_of_one_contact_and_no_link_that_works(asker, acme, draft, book):
    change_steps(asker, draft, [HELLO, StepCopy(2, "", "Any news of {{company}}?")])
    make_contact(acme, "bo@example.com", book_id=book)

    first, second = preview(acme, draft, "ZOE@example.com")
    assert (first.words.subject, first.words.body[:7]) == ("Hello Zoë", "Hi Zoë\n")
    assert (second.words.subject, second.words.html) == ("Re: Hello Zoë", None)
    assert "This contact has no company" in preview(acme, draft, "bo@example.com")[1].problem
    assert preview(acme, draft, "nobody@example.com") is None
    assert all_rows(Send) == []


def test_the_review_says_who_could_send_who_not_and_what_it_takes(asker, acme, draft, book):
    for number in range(30):
        make_contact(acme, f"c{number}@example.com", book_id=book)
    change_settings(asker, draft, settings(book_id=book))
    change_steps(asker, draft, [HELLO, StepCopy(3, "", "Any news?")])
    ids = make_pool(acme, 3, daily_send_limit=5)
    change(EmailAccountHealth, EmailAccountHealth.id == ids[0], overall_score=64)
    change_pool(asker, draft, add=ids)

    review = review_launch(acme, draft)

    assert (review.reasons, review.contacts, review.pool) == ([], 31, 3)
    assert review.could_send == ["in1@acme.test", "in2@acme.test"]
    assert [each.failing.sentence for each in review.cannot_send] == [
        "in0@acme.test scores 64, the campaign needs 65."
    ]
    assert (review.estimate.messages, review.estimate.per_day, review.estimate.days) == (62, 10, 7)


def test_the_review_of_an_empty_draft_names_what_is_missing_and_where(acme, draft):
    review = review_launch(acme, draft)

    assert [each.part for each in review.reasons] == [Part.STEPS, Part.POOL, Part.SETTINGS]
    assert review.estimate.days is None


def test_a_copy_is_a_draft_with_settings_steps_and_pool_and_nobody_in_it(asker, acme):
    pool = make_pool(acme, 2)
    campaign = make_campaign(acme, pool, 3, delays=(0, 2), name="N" * 100, min_health_score=81)

    copy = copy_campaign(asker, campaign)

    made = reload(Campaign, copy)
    assert (made.state, made.min_health_score, made.launched_at) == ("draft", 81, None)
    assert (len(made.name), made.name[-7:]) == (100, " (copy)")
    assert [row.account_id for row in all_rows(CampaignInbox) if row.campaign_id == copy] == pool
    assert len([row for row in all_rows(CampaignStep) if row.campaign_id == copy]) == 2
    assert {row.campaign_id for row in all_rows(CampaignContact)} == {campaign}


def test_what_is_ended_sends_nothing_more_and_is_not_launched_again(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 2)
    run_batch(acme, campaign)

    finish(asker, campaign)

    assert (reload(Campaign, campaign).state, all_rows(Send)) == ("finished", [])
    assert run_now(acme, campaign) is None
    for change_it in (finish, launch, pause):
        with pytest.raises(CannotBecome):
            change_it(asker, campaign)


def test_a_removed_campaign_leaves_what_it_sent_and_its_id_is_never_used_again(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 1)
    run_batch(acme, campaign)
    change(Send, state="sent")
    finish(asker, campaign)

    assert remove_campaign(asker, campaign) == "Hello"

    assert [send.campaign_id for send in all_rows(Send)] == [campaign]
    assert all_rows(CampaignContact) == all_rows(CampaignStep) == []
    assert create_campaign(asker, name="X", campaign_type="nurture", min_health_score=70) > campaign


def test_a_campaign_whose_last_batch_is_at_work_is_removed_after_it(asker, acme):
    busy = {"owner": "x", "lease_until": now() + timedelta(minutes=1)}
    campaign = make_campaign(acme, make_pool(acme, 1), 0, state="paused", **busy)

    with pytest.raises(CannotBecome, match="Try again in a minute"):
        remove_campaign(asker, campaign)
    change(Campaign, lease_until=now() - timedelta(seconds=1))
    remove_campaign(asker, campaign)

    assert db.session.get(Campaign, campaign) is None
