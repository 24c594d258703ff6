"""One batch of a campaign: who is given what, what is put off, and what is written down about it."""

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import (
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    Contact,
    Deferral,
    DomainHealth,
    EmailAccountHealth,
    Send,
)
from nimbus.services.run_batch import BatchDone, run_batch
from nimbus.services.send_ledger import claim_next
from tests.factories import make_inbox_day, reload
from tests.services.campaigning import (
    all_rows,
    change,
    contact_states,
    last_batch,
    make_campaign,
    make_pool,
    no_spacing,
    placed,
    run_now,
)
from tests.services.sends import send_next


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


def test_identical_inboxes_are_given_the_same_number_and_each_message_names_its_batch(acme):
    pool = make_pool(acme, 3, daily_send_limit=400)
    campaign = make_campaign(acme, pool, 8)

    run_batch(acme, campaign)

    counts = [placed()[inbox] for inbox in pool]
    assert sum(counts) == 8 == contact_states()["placed"]
    assert max(counts) - min(counts) <= 1
    assert {(send.batch_id, send.step) for send in all_rows(Send)} == {(last_batch().id, 0)}
    assert last_batch().placed == 8 == last_batch().due


def test_a_message_is_written_for_its_contact_and_says_how_to_end_the_mail(acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 1)
    change(Contact, first_name="Zoë")

    run_batch(acme, campaign)

    [send] = all_rows(Send)
    assert send.subject == "Hello Zoë"
    assert send.body.startswith("Hi Zoë, how are you?\n\nIf you want no more mail from me")
    assert send.headers["List-Unsubscribe"].startswith("<mailto:in0@acme.test?subject=unsubscribe%20")
    assert send.recipient == "c0@beta.test"


def test_messages_of_one_inbox_are_ninety_seconds_apart_and_the_rest_waits_for_its_slot_unthrottled(acme):
    campaign = make_campaign(acme, make_pool(acme, 1, daily_send_limit=400), 30)

    run_batch(acme, campaign)

    moments = sorted(send.due_at for send in all_rows(Send))
    assert all(b - a >= timedelta(seconds=90) for a, b in pairwise(moments))
    assert moments[-1] < moments[0] + timedelta(minutes=15)
    assert contact_states()["waiting"] > 0
    assert last_batch().deferred == 0
    row = reload(Campaign, campaign)
    assert row.throttled_since is None
    assert row.next_at == now().replace(minute=15, second=0, microsecond=0)


REFUSED = {
    "BELOW_SCORE": {"overall_score": 68},
    "INACTIVE": {"is_active": False},
    "NOT_CONNECTED": {"connection_state": "auth_revoked"},
    "STAGE_TOO_LOW": {"current_stage": 2},
    "RESTRICTED": {"restriction": "nurture"},
    "BUDGET_SPENT": {"daily_send_limit": 0},
    "COOLDOWN": {"needs_acknowledgement": True},
}


@pytest.mark.parametrize("code", REFUSED)
def test_nothing_goes_through_an_inbox_that_fails_a_check_and_the_log_says_which(acme, code):
    [inbox] = make_pool(acme, 1, **REFUSED[code])
    campaign = make_campaign(acme, [inbox], 2)

    assert run_batch(acme, campaign) == BatchDone(0, 2)

    batch = last_batch()
    assert batch.reasons == {code: 1}
    assert batch.sentence.startswith("Deferred to ")
    [[seen, address, checks]] = batch.pool
    assert (seen, address) == (inbox, "in0@acme.test")
    assert [check[0] for check in checks if not check[1]] == [code]
    assert len(all_rows(Deferral)) == 2
    assert reload(Campaign, campaign).throttled_since is not None
    assert not all_rows(Send)


def test_a_paused_domain_and_an_empty_pool_defer_as_well(acme):
    paused = make_campaign(acme, make_pool(acme, 1), 1)
    change(DomainHealth, pause_reason="DMARC fails")

    run_batch(acme, paused)
    assert last_batch().reasons == {"DOMAIN_PAUSED": 1}
    change(CampaignContact, due_at=now())
    with transaction() as session:
        session.execute(sa.delete(CampaignInbox))
    run_now(acme, paused)
    assert last_batch().sentence.endswith("The sending pool has no inbox.")


def test_what_was_put_off_is_tried_later_each_time_and_throttled_ends_with_the_first_that_goes(acme, clock):
    [inbox] = make_pool(acme, 1, overall_score=60)
    campaign = make_campaign(acme, [inbox], 1)
    waits = []
    for _ in range(4):
        run_batch(acme, campaign)
        [contact] = all_rows(CampaignContact)
        waits.append(round((contact.due_at - now()) / timedelta(minutes=15)))
        clock.offset += contact.due_at - now() + timedelta(seconds=1)
    assert waits == [1, 1, 2, 4]
    change(EmailAccountHealth, overall_score=90)

    assert run_batch(acme, campaign) == BatchDone(1, 0)
    assert reload(Campaign, campaign).throttled_since is None
    assert all_rows(CampaignContact)[0].deferrals == 0


def test_a_day_that_is_used_up_is_tried_again_after_midnight(acme):
    [inbox] = make_pool(acme, 1, daily_send_limit=3)
    make_inbox_day(acme, inbox, sent=3)
    campaign = make_campaign(acme, [inbox], 1)

    run_batch(acme, campaign)

    assert last_batch().next_try.isoformat() == "2026-03-02T23:00:00+00:00"  # midnight in Paris


def test_what_waits_at_an_inbox_has_its_place_in_the_budget_already(acme):
    [inbox] = make_pool(acme, 1, daily_send_limit=2)
    campaign = make_campaign(acme, [inbox], 5)

    for _ in range(3):
        run_now(acme, campaign)
        no_spacing(acme)
        change(CampaignContact, due_at=now() - timedelta(seconds=1))

    assert len(all_rows(Send)) == 2
    assert last_batch().reasons == {"BUDGET_SPENT": 1}


def test_an_inbox_that_turns_bad_after_it_was_chosen_sends_nothing_and_another_takes_over(acme):
    bad, good = make_pool(acme, 2)
    campaign = make_campaign(acme, [bad], 1)
    run_batch(acme, campaign)
    change(EmailAccountHealth, EmailAccountHealth.id == bad, restriction="nurture")
    with transaction() as session:
        session.add(CampaignInbox(workspace_id=acme, campaign_id=campaign, account_id=good))

    assert claim_next(acme, bad, "worker") is None
    assert "reserved for nurture" in all_rows(Send)[0].reason
    run_now(acme, campaign)
    assert placed() == {good: 1}
    assert send_next(acme, good)


@pytest.mark.parametrize(
    "turned", [{"overall_score": 69}, {"current_stage": 2}, {"restriction": "nurture"}], ids=str
)
def test_the_claim_itself_asks_score_stage_and_restriction_again(acme, turned):
    [inbox] = make_pool(acme, 1)
    run_batch(acme, make_campaign(acme, [inbox], 1))
    change(EmailAccountHealth, **turned)

    assert claim_next(acme, inbox, "worker") is None
    change(EmailAccountHealth, overall_score=90, current_stage=5, restriction="any")
    change(Send, due_at=now())
    assert claim_next(acme, inbox, "worker") is not None


def test_a_campaign_that_does_not_run_sends_nothing_that_waits(acme):
    [inbox] = make_pool(acme, 1)
    run_batch(acme, make_campaign(acme, [inbox], 1))
    change(Campaign, state="paused")

    assert claim_next(acme, inbox, "worker") is None
    assert all_rows(Send)[0].reason == "Its campaign is not running."


def test_a_contact_without_a_value_that_the_words_need_fails_alone_and_says_which(acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 2)
    change(Contact, Contact.email == "c0@beta.test", first_name="")
    change(CampaignStep, body="Hi {{first_name}}")

    run_batch(acme, campaign)

    assert contact_states() == {"failed": 1, "placed": 1}
    assert "has no first_name" in all_rows(CampaignContact)[0].problem


def test_outside_its_hours_nothing_is_placed_whoever_asks(acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 1, opens=10 * 60)

    assert run_batch(acme, campaign) is None
    assert run_now(acme, campaign) is None
    assert reload(Campaign, campaign).next_at.isoformat() == "2026-03-02T10:00:00+00:00"


def test_a_batch_does_not_run_before_its_time_unless_a_person_asks(acme):
    campaign = make_campaign(acme, make_pool(acme, 1), 1, next_at=now() + timedelta(minutes=5))

    assert run_batch(acme, campaign) is None
    assert run_now(acme, campaign) == BatchDone(1, 0)
    assert last_batch().asked_by == "Ada"
