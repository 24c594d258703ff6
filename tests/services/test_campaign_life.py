"""A campaign from draft to its end, what wakes it, what is read of it, and what is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import (
    AuditEvent,
    Batch,
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    Deferral,
    EmailAccountHealth,
    Send,
)
from nimbus.models.batch_queries import find_batch, list_batches
from nimbus.models.campaign_queries import count_contacts, list_campaigns
from nimbus.rules.eligibility import Code
from nimbus.rules.rotation import WhatIf
from nimbus.services.batch_ledger import give_back, take_turn
from nimbus.services.campaign_life import (
    CannotBecome,
    LaunchRefused,
    NoSuchCampaign,
    ask_for_batch,
    launch,
    pause,
    resume,
)
from nimbus.services.campaign_upkeep import DECISIONS_KEPT, purge_batches
from nimbus.services.explain_campaign import explain, try_floor
from nimbus.services.run_batch import BatchDone, run_batch
from nimbus.services.update_account import switch_rotation
from tests.factories import make_workspace, reload
from tests.services.campaigning import (
    all_rows,
    change,
    contact_states,
    make_campaign,
    make_pool,
    no_spacing,
    run_now,
)
from tests.services.contacts import make_book, make_contact, make_suppression

LATER = datetime(2026, 3, 2, 9, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


@pytest.fixture
def draft(acme):
    """A draft with a book of three, one of whom gets no mail."""
    book = make_book(acme)
    for name in ("ann", "bob", "cat"):
        make_contact(acme, f"{name}@example.com", book_id=book, fields={"company": "Öl"})
    make_suppression(acme, "cat@example.com")
    return make_campaign(acme, make_pool(acme, 2), 0, state="draft", next_at=None, book_id=book)


def test_a_launch_begins_with_everybody_of_the_book_who_may_get_mail(asker, draft):
    assert launch(asker, draft) == 2

    assert contact_states() == {"waiting": 2}
    assert run_batch(asker.workspace_id, draft) == BatchDone(2, 0)
    assert [event.action for event in all_rows(AuditEvent)] == ["campaign_launched"]


def test_a_launch_is_refused_with_every_reason_and_leaves_the_draft_as_it_was(asker, draft):
    change(CampaignStep, body="{{compny}}")
    change(Campaign, book_id=None)
    db.session.execute(CampaignInbox.__table__.delete())
    db.session.commit()

    with pytest.raises(LaunchRefused) as refused:
        launch(asker, draft)

    said = str(refused.value)
    assert "There is no field {{compny}}" in said
    assert "The sending pool is empty" in said
    assert "There is nobody to write to" in said
    assert reload(Campaign, draft).state == "draft"


def test_fields_of_the_books_contacts_may_be_used(asker, draft):
    change(CampaignStep, body="Hi {{company}}")

    assert launch(asker, draft) == 2


def test_a_pause_takes_back_what_waits_and_a_resume_goes_on_with_it(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 2), 2)
    run_batch(acme, campaign)

    pause(asker, campaign)
    assert not all_rows(Send)
    assert contact_states() == {"waiting": 2}
    assert run_now(acme, campaign) is None
    resume(asker, campaign)
    change(Campaign, next_at=now())
    no_spacing(acme)
    assert run_batch(acme, campaign) == BatchDone(2, 0)


def test_what_may_not_follow_is_refused(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 1, state="finished")

    for change_it in (launch, pause, resume, ask_for_batch):
        with pytest.raises(CannotBecome):
            change_it(asker, campaign)


def test_another_workspaces_campaign_does_not_exist(asker):
    other = make_workspace("Zenith")
    campaign = make_campaign(other, make_pool(other, 1), 1)

    with pytest.raises(NoSuchCampaign):
        pause(asker, campaign)
    assert explain(asker.workspace_id, campaign) is None
    assert list_campaigns(db.session(), asker.workspace_id) == []


def test_the_next_batch_begins_when_a_person_asks_and_is_written_down_as_theirs(asker, acme):
    [inbox] = make_pool(acme, 1, overall_score=60)
    campaign = make_campaign(acme, [inbox], 1)
    run_batch(acme, campaign)
    change(EmailAccountHealth, overall_score=90)
    assert run_batch(acme, campaign) is None

    ask_for_batch(asker, campaign)

    assert run_batch(acme, campaign) == BatchDone(1, 0)
    assert [batch.asked_by for batch in all_rows(Batch)] == [None, "Ada"]
    assert reload(Campaign, campaign).asked_by is None


@pytest.mark.parametrize(
    ("now_is", "said"),
    [
        ({"opens": 10 * 60}, "It is outside this campaign's hours, Mon–Sun 10:00–24:00, UTC."),
        ({"owner": "a", "lease_until": LATER}, "A batch of this campaign runs at this moment."),
        ({"state": "paused"}, "This campaign is paused, so it has no next batch."),
    ],
    ids=["closed", "running", "paused"],
)
def test_a_batch_that_cannot_begin_is_refused_with_the_reason(asker, acme, now_is, said):
    campaign = make_campaign(acme, make_pool(acme, 1), 1, **now_is)

    with pytest.raises(CannotBecome, match=f"^{said}$"):
        ask_for_batch(asker, campaign)
    assert all_rows(AuditEvent) == []


def test_an_inbox_that_is_put_back_wakes_the_campaign_that_waits_for_one(asker, acme):
    [inbox] = make_pool(acme, 1, is_active=False)
    campaign = make_campaign(acme, [inbox], 1)
    run_batch(acme, campaign)
    assert run_batch(acme, campaign) is None

    switch_rotation(asker, inbox, is_active=True)

    assert run_batch(acme, campaign) == BatchDone(1, 0)


def test_a_campaign_that_is_woken_while_its_batch_runs_is_due_when_that_ends(asker, acme):
    [inbox] = make_pool(acme, 1, is_active=False)
    campaign = make_campaign(acme, [inbox], 1)
    run_batch(acme, campaign)
    change(Campaign, next_at=now() - timedelta(seconds=1))
    turn = take_turn(acme, campaign)

    switch_rotation(asker, inbox, is_active=True)
    give_back(turn, next_at=now() + timedelta(minutes=15))

    assert run_batch(acme, campaign) == BatchDone(1, 0)


def test_the_page_is_told_who_is_left_after_each_check_and_what_a_lower_floor_would_do(acme):
    pool = make_pool(acme, 2, overall_score=68)
    campaign = make_campaign(acme, pool, 1)

    explained, lower = explain(acme, campaign), try_floor(acme, campaign, 68)

    assert {each.code: each.left for each in explained.left}[Code.BELOW_SCORE] == 0
    assert explained.costliest is Code.BELOW_SCORE
    assert [each.score for each in explained.near] == [68, 68]
    assert lower == WhatIf(2, lower.sends)
    assert lower.sends > 0
    assert explained.room_today == 0
    assert reload(Campaign, campaign).min_health_score == 70


def test_lists_and_counts_say_what_the_rows_say(acme):
    throttled = make_campaign(acme, make_pool(acme, 1, is_active=False), 2)
    run_batch(acme, throttled)

    session = db.session()
    [row] = list_campaigns(session, acme)
    assert (row.id, row.pool, row.contacts, row.waiting, row.sent) == (throttled, 1, 2, 2, 0)
    assert row.throttled_since is not None
    assert count_contacts(session, acme, throttled) == {"waiting": 2}
    [batch], older = list_batches(session, acme, throttled)
    assert older is None
    assert (batch.due, batch.deferred, batch.reasons) == (2, 2, {"INACTIVE": 1})
    assert find_batch(session, acme, throttled, batch.id).pool[0][1] == "in0@acme.test"


def test_decisions_are_forgotten_after_thirty_days_and_messages_stay(acme):
    run_batch(acme, make_campaign(acme, make_pool(acme, 1), 1))

    purge_batches(now() + DECISIONS_KEPT - timedelta(minutes=1))
    assert all_rows(Batch)
    purge_batches(now() + DECISIONS_KEPT + timedelta(minutes=1))
    assert not all_rows(Batch)
    assert not all_rows(Deferral)
    assert all_rows(Send)
    assert all_rows(CampaignContact)
