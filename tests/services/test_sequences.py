"""The steps of a sequence: the same thread and inbox, and what ends it before its last step."""

from datetime import timedelta

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
    EmailAccountHealth,
    Send,
)
from nimbus.rules.follow_up import Stop
from nimbus.services.advance_contacts import stop
from nimbus.services.run_batch import BatchDone, run_batch
from nimbus.services.send_ledger import claim_next
from tests.factories import reload
from tests.services.campaigning import all_rows, change, contact_states, make_campaign, make_pool, run_now
from tests.services.contacts import make_suppression
from tests.services.sends import send_next


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


def test_the_second_step_goes_through_the_same_inbox_as_an_answer_in_the_thread(acme, clock):
    pool = make_pool(acme, 3)
    campaign = make_campaign(acme, pool, 1, delays=(0, 2))
    run_batch(acme, campaign)
    [first] = all_rows(Send)
    send_next(acme, first.account_id)
    run_now(acme, campaign)
    [contact] = all_rows(CampaignContact)
    assert (contact.state, contact.step) == ("waiting", 1)
    assert timedelta(days=1, hours=23) < contact.due_at - now() <= timedelta(days=2, minutes=15)
    clock.advance(days=2, minutes=15)

    run_batch(acme, campaign)

    first, second = all_rows(Send)
    assert second.account_id == first.account_id
    assert second.subject == f"Re: {first.subject}"
    assert second.headers["In-Reply-To"] == second.headers["References"] == first.message_id


def test_a_thread_whose_inbox_cannot_send_waits_for_it_and_says_so(acme, clock):
    pool = make_pool(acme, 2)
    campaign = make_campaign(acme, pool, 1, delays=(0, 1))
    run_batch(acme, campaign)
    [first] = all_rows(Send)
    send_next(acme, first.account_id)
    run_now(acme, campaign)
    change(EmailAccountHealth, EmailAccountHealth.id == first.account_id, is_active=False)
    clock.advance(days=1, minutes=15)

    assert run_batch(acme, campaign) == BatchDone(0, 1)
    assert all_rows(Deferral)[-1].sentence.endswith("was taken out of rotation by a user.")
    with transaction() as session:
        session.execute(sa.delete(CampaignInbox).where(CampaignInbox.account_id == first.account_id))
    change(CampaignContact, due_at=now())
    run_now(acme, campaign)
    assert "not in the campaign's pool any more" in all_rows(Deferral)[-1].sentence


def test_the_campaign_is_finished_after_everybodys_last_step(acme):
    [inbox] = make_pool(acme, 1)
    campaign = make_campaign(acme, [inbox], 1)
    run_batch(acme, campaign)
    send_next(acme, inbox)

    run_now(acme, campaign)

    assert contact_states() == {"finished": 1}
    assert reload(Campaign, campaign).state == "finished"
    assert run_now(acme, campaign) is None


@pytest.mark.parametrize(
    ("reason", "why"),
    [("opt_out", "opt_out"), ("hard_bounce", "bounce"), ("complaint", "complaint"), ("manual", "opt_out")],
)
def test_a_suppressed_contact_is_stopped_with_its_reason(acme, reason, why):
    campaign = make_campaign(acme, make_pool(acme, 1), 1)
    make_suppression(acme, "c0@beta.test", reason)

    run_batch(acme, campaign)

    [contact] = all_rows(CampaignContact)
    assert (contact.state, contact.stopped_by) == ("stopped", why)
    assert not all_rows(Send)


def test_an_answer_ends_the_sequence_even_for_what_waits_at_an_inbox(acme):
    [inbox] = make_pool(acme, 1)
    campaign = make_campaign(acme, [inbox], 1)
    run_batch(acme, campaign)
    [contact] = all_rows(CampaignContact)
    with transaction() as session:
        assert stop(session, acme, contact.contact_id, Stop.REPLY) == 1

    assert claim_next(acme, inbox, "worker") is None

    [send] = all_rows(Send)
    assert (send.state, send.category) == ("failed", "stopped")
    assert send.reason == "They answered, so nothing more is sent by itself."


def test_html_leaves_beside_the_text_with_the_contacts_values_as_text_and_nothing_that_acts(acme):
    html = '<p>Hi {{first_name|A&B}}</p><a href="{{site}}">x</a><a href="https://x.test/{{first_name}}">y</a>'
    campaign = make_campaign(acme, make_pool(acme, 1), 1)
    change(CampaignStep, html=html)
    change(Contact, first_name='<b>"Z"', fields={"site": "javascript:go()"})

    run_batch(acme, campaign)

    [send] = all_rows(Send)
    assert '<p>Hi &lt;b&gt;"Z"</p><a>x</a>' in send.html
    assert '<a href="https://x.test/&lt;b&gt;&quot;Z&quot;">y</a>' in send.html
    assert "answer with the word unsubscribe" in send.html
    assert "answer with the word unsubscribe" in send.body


def test_a_campaign_without_html_sends_text_alone(acme):
    run_batch(acme, make_campaign(acme, make_pool(acme, 1), 1))

    assert [send.html for send in all_rows(Send)] == [None]
