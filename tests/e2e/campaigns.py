"""Campaigns that wait: one for its floor, one for a domain that is paused, two for the word of a person."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.models import Campaign, Contact, DomainHealth, EmailAccountHealth, InboxHealthState, MailServer
from nimbus.services.run_batch import run_batch
from tests.domain_states import DEAD_MX, pause
from tests.factories import make_email_account
from tests.services.campaigning import change, make_campaign

FIT = {"current_stage": 5, "limit_mode": "manual", "daily_send_limit": 40, "overall_score": 90}


def make_stuck(workspace_id: int) -> dict[str, int]:
    """The campaign, its two inboxes (one scores 68 of 70, one is reserved) and the batch that put its messages off."""
    low = make_email_account(workspace_id, "lou@stuck-acme.test", legs=(), **FIT | {"overall_score": 68})
    kept = make_email_account(workspace_id, "nia@stuck-acme.test", legs=(), restriction="nurture", **FIT)
    _keep_scores(workspace_id)
    campaign = make_campaign(workspace_id, [low, kept], 1, called="stuck", name="Acme cold UK")
    _stop(workspace_id, campaign)
    return {"campaign": campaign, "low": low, "kept": kept}


def make_stopped(workspace_id: int) -> int:
    """A campaign whose inboxes all send from a domain that is paused, because no reply can arrive there."""
    emails = ("ora@go-orbit.example", "pia@go-orbit.example")
    pool = [make_email_account(workspace_id, email, legs=(), **FIT) for email in emails]
    pause(workspace_id, "go-orbit.example", DEAD_MX)
    campaign = make_campaign(
        workspace_id, pool, 1, called="stopped", name="Orbit nurture", campaign_type="nurture"
    )
    _stop(workspace_id, campaign)
    return campaign


def make_two(workspace_id: int, sender: str, recipient: str) -> dict[str, int]:
    """A cold campaign and one for nurture with a contact each, through one inbox whose servers are real; their ids."""
    inbox = make_email_account(workspace_id, sender, **FIT)
    waits = {"next_at": _next_year(), "min_health_score": 0}  # its score is judged anew while the test runs
    ids = {}
    for kind in ("cold_outreach", "nurture"):
        about = {"called": kind, "name": f"Acme {kind}", "campaign_type": kind}
        ids[kind] = make_campaign(workspace_id, [inbox], 1, **about, **waits)
    change(Contact, Contact.email == "nurture0@beta.test", email=recipient)
    change(MailServer, MailServer.account_id == inbox, host="mail.test")
    return ids


def _keep_scores(workspace_id: int) -> None:
    """Let no worker of the running product judge these inboxes or their domain anew: the scores are the story."""
    change(DomainHealth, DomainHealth.workspace_id == workspace_id, next_check_at=_next_year())
    today = local_day(now(), "Europe/Paris")
    with transaction() as session:
        mine = sa.select(EmailAccountHealth).where(EmailAccountHealth.workspace_id == workspace_id)
        for inbox in session.scalars(mine):
            left = {"left_version": inbox.health_version, "left_connection": inbox.connection_state}
            of_inbox = {"workspace_id": workspace_id, "account_id": inbox.id}
            session.merge(InboxHealthState(**of_inbox, reviewed_day=today, dirty_at=None, **left))


def _stop(workspace_id: int, campaign: int) -> None:
    """A batch that finds no inbox; nobody but the test lets the next one begin."""
    run_batch(workspace_id, campaign)
    change(Campaign, Campaign.id == campaign, next_at=_next_year())


def _next_year() -> datetime:
    return now() + timedelta(days=365)
