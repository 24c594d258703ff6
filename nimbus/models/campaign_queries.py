"""Reading campaigns: the list, and one with its counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.batch import Batch
from nimbus.models.campaign import Campaign, CampaignContact, CampaignInbox
from nimbus.models.send import Send
from nimbus.rules.campaign_state import CampaignState, ContactState
from nimbus.rules.campaign_status import CampaignKey
from nimbus.rules.send_state import SendState


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns somebody wants to see; no text and no key ask for all. Every word has to be in the name."""

    text: str = ""
    key: CampaignKey | None = None


class CampaignRow(NamedTuple):
    """A line of the list. `contacts` is everybody in it, `waiting` those whose next step has not been placed.

    `sentence` is that of the last batch that put something off, as long as the campaign is throttled.
    """

    id: int
    name: str
    campaign_type: str
    state: CampaignState
    throttled_since: datetime | None
    next_at: datetime | None
    pool: int
    contacts: int
    waiting: int
    sent: int
    sentence: str | None


def list_campaigns(
    session: Session,
    workspace_id: int,
    wanted: CampaignFilter | None = None,
    *,
    page: int = 1,
    per_page: int | None = None,
) -> list[CampaignRow]:
    """A page of campaigns, else all: throttled ones first, longest first, then the newest."""
    of_campaign, waits = CampaignContact.campaign_id == Campaign.id, CampaignContact.state == _WAITING
    was_sent = Send.state == SendState.SENT
    said = (
        sa.select(Batch.sentence)
        .where(Batch.campaign_id == Campaign.id, Batch.sentence.is_not(None), _IS_THROTTLED)
        .order_by(Batch.id.desc())
        .limit(1)
    )
    query = sa.select(
        Campaign.id,
        Campaign.name,
        Campaign.campaign_type,
        Campaign.state,
        Campaign.throttled_since,
        Campaign.next_at,
        _count(CampaignInbox, CampaignInbox.campaign_id == Campaign.id),
        _count(CampaignContact, of_campaign),
        _count(CampaignContact, of_campaign, waits),
        _count(Send, Send.campaign_id == Campaign.id, was_sent),
        said.scalar_subquery(),
    )
    since = sa.case((_IS_THROTTLED, Campaign.throttled_since))
    order = (sa.not_(_IS_THROTTLED), since, Campaign.id.desc())
    query = _filtered(query, workspace_id, wanted or CampaignFilter()).order_by(*order)
    if per_page is not None:
        query = query.limit(per_page).offset((page - 1) * per_page)
    return [_row(row) for row in session.execute(query)]


def count_campaigns(session: Session, workspace_id: int, text: str = "") -> dict[CampaignKey, int]:
    """How many of the campaigns that a search finds are what; those there are none of are left out."""
    query = _filtered(sa.select(_key_of, sa.func.count()), workspace_id, CampaignFilter(text))
    return {CampaignKey(key): count for key, count in session.execute(query.group_by(_key_of))}


def find_campaign(session: Session, workspace_id: int, campaign_id: int) -> Campaign | None:
    """A campaign of this workspace; None for any other id."""
    return session.scalar(
        sa.select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .execution_options(populate_existing=True)
    )


def count_contacts(session: Session, workspace_id: int, campaign_id: int) -> dict[ContactState, int]:
    """How many contacts of a campaign are in each state, those without any left out."""
    rows = session.execute(
        sa.select(CampaignContact.state, sa.func.count())
        .where(CampaignContact.workspace_id == workspace_id, CampaignContact.campaign_id == campaign_id)
        .group_by(CampaignContact.state)
    )
    return {ContactState(state): count for state, count in rows}


def count_sent_by_step(session: Session, workspace_id: int, campaign_id: int) -> dict[int, int]:
    """How many messages of each step (from 0) have left."""
    rows = session.execute(
        sa.select(Send.step, sa.func.count())
        .where(
            Send.workspace_id == workspace_id, Send.campaign_id == campaign_id, Send.state == SendState.SENT
        )
        .group_by(Send.step)
    )
    return {step: count for step, count in rows if step is not None}


def list_campaigns_of(session: Session, workspace_id: int, account_id: int) -> Sequence[Campaign]:
    """The running campaigns that have an inbox in their pool, by name."""
    return session.scalars(
        sa.select(Campaign)
        .join(CampaignInbox, CampaignInbox.campaign_id == Campaign.id)
        .where(
            Campaign.workspace_id == workspace_id,
            CampaignInbox.account_id == account_id,
            Campaign.state == CampaignState.RUNNING,
        )
        .order_by(sa.func.lower(Campaign.name), Campaign.id)
    ).all()


_WAITING = ContactState.WAITING
_IS_THROTTLED = sa.and_(Campaign.state == CampaignState.RUNNING, Campaign.throttled_since.is_not(None))
_key_of = sa.case((_IS_THROTTLED, CampaignKey.THROTTLED), else_=Campaign.state)


def _filtered(query: Any, workspace_id: int, wanted: CampaignFilter) -> Any:
    query = query.where(Campaign.workspace_id == workspace_id)
    for word in wanted.text.lower().split():
        query = query.where(sa.func.lower(Campaign.name).contains(word, autoescape=True))
    return query if wanted.key is None else query.where(_key_of == wanted.key)


def _count(model: type[Any], *which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(model).where(*which).scalar_subquery()


def _row(row: sa.Row[*tuple[Any, ...]]) -> CampaignRow:
    line = CampaignRow._make(row)
    return line._replace(state=CampaignState(line.state))
