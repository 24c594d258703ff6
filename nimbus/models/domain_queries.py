"""Which sending domains count: those that an inbox sends from."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth


def has_inboxes() -> sa.ColumnElement[bool]:
    """Whether a domain has an inbox that is connected."""
    return sa.exists().where(
        EmailAccountHealth.domain_id == DomainHealth.id, EmailAccountHealth.removed_at.is_(None)
    )


def count_paused(session: Session, workspace_id: int) -> int:
    """How many domains of a workspace are paused with their inboxes."""
    paused = sa.select(sa.func.count()).where(
        DomainHealth.workspace_id == workspace_id, DomainHealth.pause_reason.is_not(None), has_inboxes()
    )
    return session.scalar(paused) or 0
