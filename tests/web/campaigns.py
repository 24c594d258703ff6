"""Campaigns for the tests of their pages: all of one morning, in Alice's workspace. They need an application context."""

from nimbus.models import EmailAccountHealth
from nimbus.services.run_batch import run_batch
from tests.services.campaigning import change, make_campaign, make_pool

SCORES = (68, 69, 61, 90)


def throttled(workspace_id, *, name="Acme cold UK"):
    """A campaign whose four inboxes all fail, three of them by their score alone; its id and theirs."""
    pool = make_pool(workspace_id, len(SCORES))
    for inbox, score in zip(pool, SCORES, strict=True):
        change(EmailAccountHealth, EmailAccountHealth.id == inbox, overall_score=score)
    change(EmailAccountHealth, EmailAccountHealth.id == pool[-1], restriction="nurture")
    campaign = make_campaign(workspace_id, pool, 3, name=name)
    run_batch(workspace_id, campaign)
    return campaign, pool
