"""What runs by itself for campaigns: ringing for batches that are due, and forgetting what was decided long ago."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import Batch, Campaign
from nimbus.rules.campaign_state import CampaignState

DECISIONS_KEPT = timedelta(days=30)


def ring_due_batches() -> None:
    """Ring for every running campaign whose batch is due and that none has; the row decides, the ring is a hint."""
    moment = now()
    is_free = sa.or_(Campaign.owner.is_(None), Campaign.lease_until < moment)
    due = sa.select(Campaign.workspace_id, Campaign.id).where(
        Campaign.state == CampaignState.RUNNING, Campaign.next_at <= moment, is_free
    )
    rows = db.session.execute(due).all()
    db.session.rollback()
    for workspace_id, campaign_id in rows:
        if not queues.ring(queues.RUN_BATCH, workspace_id, campaign_id):
            return  # the queue is away, and would be for each of the others


def purge_batches(moment: datetime) -> None:
    """Delete the batches, with their pools and what they put off, that began DECISIONS_KEPT ago."""
    with transaction() as session:
        session.execute(sa.delete(Batch).where(Batch.began_at < moment - DECISIONS_KEPT))
