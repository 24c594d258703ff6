"""Campaigns that wait for an inbox: one for its floor, one for a domain that is paused."""

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Campaign
from nimbus.services.run_batch import run_batch
from tests.domain_states import DEAD_MX, pause
from tests.factories import make_email_account
from tests.services.campaigning import make_campaign

FIT = {"current_stage": 5, "limit_mode": "manual", "daily_send_limit": 40, "overall_score": 90}


def make_stuck(workspace_id: int) -> dict[str, int]:
    """The campaign, its two inboxes (one scores 68 of 70, one is reserved) and the batch that put its messages off."""
    low = make_email_account(workspace_id, "lou@stuck-acme.test", legs=(), **FIT | {"overall_score": 68})
    kept = make_email_account(workspace_id, "nia@stuck-acme.test", legs=(), restriction="nurture", **FIT)
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


def _stop(workspace_id: int, campaign: int) -> None:
    """A batch that finds no inbox; nobody but the test lets the next one begin."""
    run_batch(workspace_id, campaign)
    with transaction() as session:
        batch = session.get_one(Campaign, campaign)
        assert batch.throttled_since is not None
        batch.next_at = now().replace(year=now().year + 1)
