"""Counting what campaigns have done and what holds them: contacts at each step, those put off, and who is throttled."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.batch import Batch
from nimbus.models.campaign import Campaign, CampaignContact, CampaignInbox
from nimbus.models.contact import Contact
from nimbus.rules.campaign_state import CampaignState, ContactState


class Due(NamedTuple):
    """Contacts that wait: those whose moment has come, those that found no inbox and were put off, and both together."""

    now: int
    put_off: int
    waiting: int


class FailedContact(NamedTuple):
    """A contact whose step (from 0) could not be sent, and why."""

    id: int
    email: str
    step: int
    problem: str | None


class Throttled(NamedTuple):
    """A campaign that waits for an inbox, with what its last batch wrote down; None once that is forgotten."""

    id: int
    name: str
    since: datetime
    put_off: int
    reasons: dict[str, int] | None
    next_try: datetime | None
    sentence: str | None
    pool: int


def count_by_step(
    session: Session, workspace_id: int, campaign_id: int
) -> dict[tuple[int, ContactState], int]:
    """How many contacts stand at each step (from 0) in each state."""
    rows = session.execute(
        sa.select(CampaignContact.step, CampaignContact.state, sa.func.count())
        .where(CampaignContact.workspace_id == workspace_id, CampaignContact.campaign_id == campaign_id)
        .group_by(CampaignContact.step, CampaignContact.state)
    )
    return {(step, ContactState(state)): count for step, state, count in rows}


def count_due(session: Session, workspace_id: int, campaign_id: int, moment: datetime) -> Due:
    """How many contacts wait although their moment has come, and how many were put off to a later one."""
    put_off, is_due = CampaignContact.deferrals > 0, CampaignContact.due_at <= moment
    return Due(
        *session.execute(
            sa.select(
                sa.func.count().filter(is_due),
                sa.func.count().filter(put_off),
                sa.func.count().filter(sa.or_(is_due, put_off)),
            ).where(
                CampaignContact.workspace_id == workspace_id,
                CampaignContact.campaign_id == campaign_id,
                CampaignContact.state == ContactState.WAITING,
            )
        ).one()
    )


def list_failed(session: Session, workspace_id: int, campaign_id: int, *, most: int) -> list[FailedContact]:
    """At most that many contacts whose step could not be sent, with the reason."""
    rows = session.execute(
        sa.select(Contact.id, Contact.email, CampaignContact.step, CampaignContact.problem)
        .join(Contact, Contact.id == CampaignContact.contact_id)
        .where(
            CampaignContact.workspace_id == workspace_id,
            CampaignContact.campaign_id == campaign_id,
            CampaignContact.state == ContactState.FAILED,
        )
        .order_by(Contact.id)
        .limit(most)
    )
    return [FailedContact(*row) for row in rows]


def list_throttled(session: Session, workspace_id: int) -> list[Throttled]:
    """The campaigns that no inbox could serve at their last batch, those that wait longest first."""
    of_campaign = CampaignContact.campaign_id == Campaign.id
    put_off = _count(
        CampaignContact,
        of_campaign,
        CampaignContact.state == ContactState.WAITING,
        CampaignContact.deferrals > 0,
    )
    last = (
        sa.select(sa.func.max(Batch.id))
        .where(Batch.campaign_id == Campaign.id, Batch.deferred > 0)
        .correlate(Campaign)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            Campaign.id,
            Campaign.name,
            Campaign.throttled_since,
            put_off,
            Batch.reasons,
            Batch.next_try,
            Batch.sentence,
            _count(CampaignInbox, CampaignInbox.campaign_id == Campaign.id),
        )
        .outerjoin(Batch, Batch.id == last)
        .where(
            Campaign.workspace_id == workspace_id,
            Campaign.state == CampaignState.RUNNING,
            Campaign.throttled_since.is_not(None),
        )
        .order_by(Campaign.throttled_since, Campaign.id)
    )
    return [Throttled(*row) for row in rows]


def count_throttled(session: Session, workspace_id: int) -> int:
    """How many campaigns are throttled."""
    throttled = sa.select(sa.func.count()).where(
        Campaign.workspace_id == workspace_id,
        Campaign.state == CampaignState.RUNNING,
        Campaign.throttled_since.is_not(None),
    )
    return session.scalar(throttled) or 0


def _count(model: type[Any], *which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(model).where(*which).scalar_subquery()
