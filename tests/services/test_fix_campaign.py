"""What one click changes about a campaign: its floor or its pool, written down, and it looks again at once."""

import pytest

from nimbus.clock import now
from nimbus.models import AuditEvent, Campaign, CampaignInbox
from nimbus.services.campaign_life import NoSuchCampaign
from nimbus.services.explain_campaign import explain_inbox, fit_outside
from nimbus.services.fix_campaign import add_fit_inboxes, set_floor
from nimbus.services.run_batch import BatchDone, run_batch
from tests.factories import make_email_account, make_workspace, reload
from tests.services.campaigning import all_rows, make_campaign, make_pool


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


def test_a_lower_floor_wakes_the_campaign_and_the_near_misses_send(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 2, overall_score=68), 2)
    assert run_batch(acme, campaign) == BatchDone(0, 2)

    set_floor(asker, campaign, 68)

    assert run_batch(acme, campaign) == BatchDone(2, 0)
    [event] = all_rows(AuditEvent)
    assert (event.action, event.details) == ("campaign_changed", {"floor": "from 70 to 68"})


def test_a_floor_that_is_set_already_changes_and_writes_nothing(asker, acme):
    campaign = make_campaign(acme, make_pool(acme, 1, overall_score=68), 1)
    run_batch(acme, campaign)

    set_floor(asker, campaign, 70)

    assert all_rows(AuditEvent) == []
    assert reload(Campaign, campaign).next_at > now()


def test_only_inboxes_that_could_send_now_are_put_into_the_pool(asker, acme):
    fit = {"current_stage": 5, "overall_score": 90}
    inside = make_pool(acme, 1, overall_score=60)
    good = make_email_account(acme, "good@beta.test", legs=(), **fit)
    make_email_account(acme, "low@beta.test", legs=(), **fit | {"overall_score": 60})
    make_email_account(make_workspace("Zenith"), "far@beta.test", legs=(), **fit)
    campaign = make_campaign(acme, inside, 1)
    run_batch(acme, campaign)
    assert fit_outside(acme, campaign) == [good]

    assert add_fit_inboxes(asker, campaign) == 1

    assert {each.account_id for each in all_rows(CampaignInbox)} == {*inside, good}
    assert run_batch(acme, campaign) == BatchDone(1, 0)
    assert add_fit_inboxes(asker, campaign) == 0


def test_each_campaign_says_of_an_inbox_what_its_own_floor_makes_of_it(acme):
    [inbox] = make_pool(acme, 1, overall_score=68)
    make_campaign(acme, [inbox], 0, name="Strict")
    make_campaign(acme, [inbox], 0, name="Mild", min_health_score=60)
    make_campaign(acme, [inbox], 0, name="Paused", state="paused")

    said = {each.campaign: each.failing and each.failing.code for each in explain_inbox(acme, inbox)}

    assert said == {"Strict": "BELOW_SCORE", "Mild": None}


def test_a_campaign_of_another_workspace_is_none(asker):
    other = make_workspace("Zenith")
    campaign = make_campaign(other, make_pool(other, 1), 1)

    for change_it in (lambda: set_floor(asker, campaign, 1), lambda: add_fit_inboxes(asker, campaign)):
        with pytest.raises(NoSuchCampaign):
            change_it()
    assert reload(Campaign, campaign).min_health_score == 70
