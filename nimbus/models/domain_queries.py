"""Which sending domains count: those that an inbox sends from."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.campaign import CampaignInbox
from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth


def has_inboxes() -> sa.ColumnElement[bool]:
    """Whether a domain has an inbox that is connected."""
    return sa.exists().where(
        EmailAccountHealth.domain_id == DomainHealth.id, EmailAccountHealth.removed_at.is_(None)
    )


def is_due(moment: datetime) -> sa.ColumnElement[bool]:
    """Which domains are to be looked at: those that have inboxes and whose time has come."""
    is_time = sa.or_(DomainHealth.next_check_at.is_(None), DomainHealth.next_check_at <= moment)
    return sa.and_(DomainHealth.is_public_provider.is_(False), is_time, has_inboxes())


def count_paused(session: Session, workspace_id: int) -> int:
    """How many domains of a workspace are paused with their inboxes."""
    paused = sa.select(sa.func.count()).where(
        DomainHealth.workspace_id == workspace_id, DomainHealth.pause_reason.is_not(None), has_inboxes()
    )
    return session.scalar(paused) or 0


def paused_behind(
    session: Session, workspace_id: int, campaign_ids: Collection[int]
) -> dict[int, list[DomainHealth]]:
    """The paused domains of the inboxes in these campaigns' pools, by the campaign's id and then by name."""
    pools = (
        sa.select(CampaignInbox.campaign_id, EmailAccountHealth.domain_id)
        .join(EmailAccountHealth, EmailAccountHealth.id == CampaignInbox.account_id)
        .where(
            CampaignInbox.workspace_id == workspace_id,
            CampaignInbox.campaign_id.in_(campaign_ids),
            EmailAccountHealth.removed_at.is_(None),
        )
        .distinct()
        .subquery()
    )
    rows = session.execute(
        sa.select(pools.c.campaign_id, DomainHealth)
        .join(pools, pools.c.domain_id == DomainHealth.id)
        .where(DomainHealth.workspace_id == workspace_id, DomainHealth.pause_reason.is_not(None))
        .order_by(DomainHealth.name)
    )
    found: dict[int, list[DomainHealth]] = defaultdict(list)
    for campaign_id, domain in rows:
        found[campaign_id].append(domain)
    return found
