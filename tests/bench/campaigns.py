"""A campaign with a large pool, at the first moment of a quarter of an hour, for the figures about its batches."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask, current_app

from nimbus.clock import MovableClock, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    Batch,
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    Contact,
    DomainHealth,
    EmailAccountHealth,
    InboxDay,
    InboxHour,
    InboxRotation,
    Send,
)
from tests.bench.connection_test import application
from tests.factories import make_workspace

BODY = "Hello {{first_name|there}},\n\n" + "we read about your new warehouse and have a question.\n" * 12
_PER_DOMAIN = 100


@contextmanager
def campaign(inboxes: int, contacts: int) -> Iterator[Flask]:
    """An application with one running campaign of so many inboxes, all fit, and so many contacts, all due."""
    with application() as app:
        app.extensions["nimbus.clock"] = MovableClock()
        with app.app_context():
            _fill(make_workspace(timezone="UTC"), inboxes, contacts)
        yield app


def again() -> None:
    """It is midnight, everybody waits as in the beginning, and no inbox has sent anything."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=1, microsecond=0) + timedelta(days=1)
    current_app.extensions["nimbus.clock"].offset = midnight - datetime.now(UTC)
    with transaction() as session:
        for table in (Send, InboxRotation, InboxDay, InboxHour, Batch):
            session.execute(sa.delete(table))
        waits = {
            "state": "waiting",
            "account_id": None,
            "deferrals": 0,
            "due_at": now() - timedelta(seconds=1),
        }
        session.execute(sa.update(CampaignContact).values(waits))
        session.execute(
            sa.update(Campaign).values(owner=None, lease_until=None, next_at=now(), state="running")
        )


def _fill(workspace_id: int, inboxes: int, contacts: int) -> None:
    mine, times = {"workspace_id": workspace_id}, {"created_at": now()}
    domains = [
        DomainHealth(**mine, **times, name=f"try{number}.acme.test")
        for number in range(-(-inboxes // _PER_DOMAIN))
    ]
    db.session.add_all(domains)
    db.session.flush()
    fit = {"daily_send_limit": 2000, "limit_mode": "manual", "current_stage": 5, "overall_score": 90.0}
    db.session.add_all(
        EmailAccountHealth(
            **mine,
            **times,
            **fit,
            email=f"person{number}@{domains[number // _PER_DOMAIN].name}",
            display_name="",
            provider="smtp_imap",
            domain_id=domains[number // _PER_DOMAIN].id,
        )
        for number in range(inboxes)
    )
    runs = {"name": "Bench", "campaign_type": "cold_outreach", "state": "running", "timezone": "UTC"}
    hours = {"days": list(range(7)), "opens": 0, "closes": 24 * 60}
    made = Campaign(**mine, **times, **runs, **hours, next_at=now())
    people = [
        Contact(**mine, **times, email=f"lead{number}@beta.test", first_name=f"L{number}", changed_at=now())
        for number in range(contacts)
    ]
    db.session.add_all([made, *people])
    db.session.flush()
    of_campaign = mine | {"campaign_id": made.id}
    db.session.add(CampaignStep(**of_campaign, number=0, delay_days=0, subject="A question", body=BODY))
    db.session.add_all(
        CampaignInbox(**of_campaign, account_id=each)
        for each in db.session.scalars(sa.select(EmailAccountHealth.id)).all()
    )
    db.session.add_all(CampaignContact(**of_campaign, contact_id=each.id, due_at=now()) for each in people)
    db.session.commit()
