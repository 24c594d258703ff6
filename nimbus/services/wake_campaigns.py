"""Waking the campaigns that wait for an inbox: something has changed that could let it send."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.models import Campaign, CampaignContact, CampaignInbox
from nimbus.models.base import table_of
from nimbus.rules.campaign_state import CampaignState, ContactState

_CONTACT = table_of(CampaignContact)


def wake_campaigns(session: Session, workspace_id: int, account_ids: Sequence[int]) -> None:
    """Let every running campaign with one of these inboxes look at once at what it has put off, after the commit."""
    if account_ids:
        pools = sa.select(CampaignInbox.campaign_id).where(
            CampaignInbox.workspace_id == workspace_id, CampaignInbox.account_id.in_(account_ids)
        )
        _wake(session, workspace_id, Campaign.id.in_(pools))


def wake_campaign(session: Session, workspace_id: int, campaign_id: int) -> None:
    """The same for one campaign, whose pool, floor or hours have changed."""
    _wake(session, workspace_id, Campaign.id == campaign_id)


def _wake(session: Session, workspace_id: int, which: sa.ColumnElement[bool]) -> None:
    moment = now()
    put_off = sa.and_(
        _CONTACT.c.campaign_id == Campaign.id,
        _CONTACT.c.state == ContactState.WAITING,
        _CONTACT.c.deferrals > 0,
        _CONTACT.c.due_at > moment,
    )
    waiting = session.scalars(
        sa.select(Campaign.id).where(
            Campaign.workspace_id == workspace_id,
            Campaign.state == CampaignState.RUNNING,
            which,
            sa.exists().where(put_off),
        )
    ).all()
    for campaign_id in waiting:
        session.execute(
            sa.update(_CONTACT)
            .where(
                _CONTACT.c.workspace_id == workspace_id,
                _CONTACT.c.campaign_id == campaign_id,
                _CONTACT.c.state == ContactState.WAITING,
                _CONTACT.c.deferrals > 0,
                _CONTACT.c.due_at > moment,
            )
            .values(due_at=moment)
        )
        session.execute(
            sa.update(Campaign)
            .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
            .values(next_at=moment)
            .execution_options(synchronize_session=False)
        )
        ring_after_commit(session, queues.RUN_BATCH, workspace_id, campaign_id)
