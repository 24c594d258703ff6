"""Campaigns that run at every hour, and the judge of what their batches leave behind. They need an application context."""

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    Batch,
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    Contact,
    InboxRotation,
    Send,
)
from nimbus.services.run_batch import run_batch
from tests.factories import make_email_account

HELLO = ("Hello {{first_name|there}}", "Hi {{first_name|there}}, how are you?")


def make_pool(workspace_id, count, **values):
    """That many inboxes which may send 50 a day; their ids."""
    fit = {"daily_send_limit": 50, "limit_mode": "manual", "current_stage": 5, "overall_score": 90} | values
    return [
        make_email_account(workspace_id, f"in{number}@acme.test", legs=(), **fit) for number in range(count)
    ]


def make_campaign(workspace_id, pool, contacts, *, delays=(0,), called="c", **values):
    """A running cold campaign, all of whose contacts are due; its id. `called` begins their addresses."""
    always = {"timezone": "UTC", "days": list(range(7)), "opens": 0, "closes": 24 * 60}
    runs = {"name": "Hello", "campaign_type": "cold_outreach", "state": "running", "next_at": now()}
    mine = {"workspace_id": workspace_id}
    with transaction() as session:
        campaign = Campaign(**mine | always | runs | {"created_at": now(), "launched_at": now()} | values)
        people = [
            Contact(
                **mine,
                email=f"{called}{number}@beta.test",
                first_name=f"C{number}",
                created_at=now(),
                changed_at=now(),
            )
            for number in range(contacts)
        ]
        session.add_all([campaign, *people])
        session.flush()
        of_campaign = mine | {"campaign_id": campaign.id}
        for number, days in enumerate(delays):
            subject, body = HELLO if not number else ("", f"Reminder {number}")
            session.add(
                CampaignStep(**of_campaign, number=number, delay_days=days, subject=subject, body=body)
            )
        session.add_all(CampaignInbox(**of_campaign, account_id=each) for each in pool)
        due = now() - timedelta(seconds=1)
        session.add_all(CampaignContact(**of_campaign, contact_id=each.id, due_at=due) for each in people)
        return campaign.id


def run_now(workspace_id, campaign_id):
    """A batch as if somebody had asked for it a moment ago; what came of it."""
    change(Campaign, Campaign.id == campaign_id, next_at=now(), asked_by="Ada")
    return run_batch(workspace_id, campaign_id)


def no_spacing(workspace_id):
    """Let every inbox be given its next message at once, as if its slot had come."""
    with transaction() as session:
        session.execute(
            sa.update(InboxRotation)
            .where(InboxRotation.workspace_id == workspace_id)
            .values(next_slot_at=now() - timedelta(seconds=1))
        )


def change(model, *which, **values):
    """Change rows behind everybody's back."""
    with transaction() as session:
        session.execute(sa.update(model).where(*which).values(**values))


def all_rows(model):
    """Every row of a table, as it is now."""
    db.session.rollback()
    return list(
        db.session.scalars(
            sa.select(model).order_by(*model.__table__.primary_key).execution_options(populate_existing=True)
        )
    )


def placed():
    """How many messages each inbox was given."""
    return Counter(send.account_id for send in all_rows(Send))


def contact_states():
    """How many contacts are in each state."""
    return Counter(contact.state for contact in all_rows(CampaignContact))


def last_batch():
    """The newest batch."""
    return all_rows(Batch)[-1]


def doubles():
    """What stands in the queue twice: nothing, at any moment."""
    keys = Counter((send.campaign_id, send.contact_id, send.step) for send in all_rows(Send))
    return [key for key, count in keys.items() if count > 1]
