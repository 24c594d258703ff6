"""Batches that run at once, that are killed, and inboxes that several campaigns share: nothing twice, nothing over budget."""

import random
import signal
from datetime import timedelta
from itertools import pairwise

import pytest

from nimbus.clock import now
from nimbus.models import Campaign, CampaignContact, EmailAccountHealth, InboxRotation, Send
from nimbus.rules.send_state import LEASE
from nimbus.services import batch_ledger
from nimbus.services.run_batch import run_batch
from tests.rotating.children import ended, in_child
from tests.services.campaigning import (
    all_rows,
    change,
    contact_states,
    doubles,
    make_campaign,
    make_pool,
    no_spacing,
    placed,
    run_now,
)
from tests.services.sends import differences, send_next
from tests.services.test_send_ledger_crashes import dies_at

POINTS = 126  # both ends of each call of the driver in a batch of three, on either database


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


def more_contacts(workspace_id, pool, campaigns, each):
    """That many campaigns over one pool, the contacts of each its own."""
    made = [make_campaign(workspace_id, pool, 0) for _ in range(campaigns)]
    first = make_campaign(workspace_id, pool, each * campaigns)
    contacts = all_rows(CampaignContact)
    for number, contact in enumerate(contacts):
        change(
            CampaignContact,
            CampaignContact.campaign_id == first,
            CampaignContact.contact_id == contact.contact_id,
            campaign_id=made[number % campaigns],
        )
    return made


def test_campaigns_that_share_a_pool_never_give_an_inbox_more_than_its_day(acme, at_once):
    pool = make_pool(acme, 2, daily_send_limit=3)
    campaigns = more_contacts(acme, pool, 4, 3)
    for _ in range(4):
        found = at_once(lambda number: run_now(acme, campaigns[number]), 4)
        assert not [each for each in found if isinstance(each, Exception)]
        no_spacing(acme)
        change(CampaignContact, due_at=now() - timedelta(seconds=1))

    assert placed() == dict.fromkeys(pool, 3)
    assert doubles() == []
    assert contact_states() == {"placed": 6, "waiting": 6}


def test_two_campaigns_never_get_the_same_slot_of_an_inbox(acme, at_once):
    pool = make_pool(acme, 1, daily_send_limit=400)
    campaigns = more_contacts(acme, pool, 2, 10)

    at_once(lambda number: run_batch(acme, campaigns[number]), 2)

    moments = sorted(send.due_at for send in all_rows(Send))
    assert len(moments) > 1
    assert min(b - a for a, b in pairwise(moments)) >= timedelta(seconds=90)


def test_only_one_of_several_batches_of_a_campaign_runs(acme, at_once):
    campaign = make_campaign(acme, make_pool(acme, 4), 4)

    found = at_once(lambda _: run_batch(acme, campaign), 4)

    assert sum(each.placed for each in found if each) == 4 == contact_states()["placed"]
    assert doubles() == []


def test_batches_that_lost_their_lease_still_place_nothing_twice(acme, at_once, monkeypatch):
    campaign = make_campaign(acme, make_pool(acme, 6, daily_send_limit=400), 12)
    monkeypatch.setattr(batch_ledger, "LEASE", timedelta(seconds=-1))

    found = at_once(lambda _: run_now(acme, campaign), 3)

    assert not [each for each in found if isinstance(each, Exception)]
    assert doubles() == []
    assert sum(placed().values()) == contact_states()["placed"]


@pytest.mark.parametrize("point", range(1, POINTS + 2, 7))
def test_a_batch_killed_at_any_statement_loses_and_doubles_nothing(app, acme, clock, point):
    pool = make_pool(acme, 2, daily_send_limit=400)
    campaign = make_campaign(acme, pool, 3)

    def work():
        dies_at(point)
        run_batch(acme, campaign)

    assert ended(in_child(app, work)) in {0, -signal.SIGKILL}
    assert sum(placed().values()) == contact_states()["placed"]
    clock.advance(seconds=LEASE.total_seconds() + 1)
    change(Campaign, next_at=now())
    run_batch(acme, campaign)
    assert contact_states() == {"placed": 3}
    assert doubles() == differences() == []


def test_identical_inboxes_differ_by_one_at_most_over_a_run_of_several_campaigns(acme):
    pool = make_pool(acme, 5, daily_send_limit=400)
    campaigns = more_contacts(acme, pool, 3, 12)
    for number in range(9):
        change(CampaignContact, due_at=now() + timedelta(days=1))
        first = [each.contact_id for each in all_rows(CampaignContact)][number * 4 : number * 4 + 4]
        change(CampaignContact, CampaignContact.contact_id.in_(first), due_at=now() - timedelta(seconds=1))
        for campaign in campaigns:
            run_now(acme, campaign)
        no_spacing(acme)

        counts = [placed()[inbox] for inbox in pool]
        assert max(counts) - min(counts) <= 1

    assert sum(placed().values()) == 36


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_to_a_pool_no_inbox_sends_while_it_may_not(acme, seed):
    chance, pool = random.Random(seed), make_pool(acme, 4, daily_send_limit=6)
    campaign, bad = make_campaign(acme, pool, 30), None
    turns = [{"is_active": False}, {"overall_score": 50}, {"current_stage": 2}, {"restriction": "nurture"}]
    fit = {"is_active": True, "overall_score": 90, "current_stage": 5, "restriction": "any"}
    for _ in range(8):
        change(EmailAccountHealth, **fit)
        run_now(acme, campaign)
        bad = chance.choice(pool)
        change(EmailAccountHealth, EmailAccountHealth.id == bad, **chance.choice(turns))
        assert not send_next(acme, bad)
        for inbox in pool:
            send_next(acme, inbox)
        change(InboxRotation, next_slot_at=now() - timedelta(seconds=1))
        change(CampaignContact, CampaignContact.state == "waiting", due_at=now() - timedelta(seconds=1))

    assert all(count <= 6 for count in placed().values())
    assert doubles() == differences() == []
