"""A campaign that waits for an inbox: one scores 68 of the 70 that it asks for, one is reserved."""

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Campaign
from nimbus.services.run_batch import run_batch
from tests.factories import make_email_account
from tests.services.campaigning import make_campaign


def make_stuck(workspace_id: int) -> dict[str, int]:
    """The campaign, its two inboxes, and the batch that put its messages off; their ids by name."""
    fit = {"current_stage": 5, "limit_mode": "manual", "daily_send_limit": 40, "legs": ()}
    low = make_email_account(workspace_id, "lou@stuck-acme.test", overall_score=68, **fit)
    kept = make_email_account(
        workspace_id, "nia@stuck-acme.test", overall_score=90, restriction="nurture", **fit
    )
    campaign = make_campaign(workspace_id, [low, kept], 1, called="stuck", name="Acme cold UK")
    run_batch(workspace_id, campaign)
    with transaction() as session:
        batch = session.get_one(Campaign, campaign)
        assert batch.throttled_since is not None
        batch.next_at = now().replace(year=now().year + 1)  # nobody but the test lets it go on
    return {"campaign": campaign, "low": low, "kept": kept}
