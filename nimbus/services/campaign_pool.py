"""Choosing the inboxes of a campaign's pool, one or a thousand at once; also while it runs."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import dialect_of, insert_or
from nimbus.models import Campaign, CampaignInbox, EmailAccountHealth
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.rules.campaign_state import CampaignState
from nimbus.services.asker import Asker
from nimbus.services.campaign_life import CannotBecome, changing, note
from nimbus.services.wake_campaigns import wake_campaign

_AT_ONCE = 1000  # ids in one statement
_POOL = table_of(CampaignInbox)


class PoolChange(NamedTuple):
    """How many inboxes have come, and how many have gone."""

    added: int
    taken_out: int


def change_pool(
    asker: Asker, campaign_id: int, *, add: Sequence[int] = (), take_out: Sequence[int] = ()
) -> PoolChange:
    """Put these connected inboxes into the pool, and take those out; ids of nobody's are passed over.

    Raises CannotBecome for a campaign that is over, or NoSuchCampaign.
    """
    with changing(asker, campaign_id) as (session, campaign):
        if campaign.state == CampaignState.FINISHED:
            raise CannotBecome("This campaign is finished by now. Duplicate it instead.")
        change = PoolChange(_add(session, campaign, add), _take_out(session, campaign, take_out))
        if any(change):
            note(session, asker, Action.CAMPAIGN_CHANGED, campaign, **_told(change))
        if change.added:
            wake_campaign(session, campaign.workspace_id, campaign_id)
        return change


def _add(session: Session, campaign: Campaign, ids: Sequence[int]) -> int:
    names = ["workspace_id", "campaign_id", "account_id"]
    added = 0
    for some in _portions(ids):
        connected = sa.select(
            EmailAccountHealth.workspace_id, sa.literal(campaign.id), EmailAccountHealth.id
        ).where(
            EmailAccountHealth.workspace_id == campaign.workspace_id,
            EmailAccountHealth.id.in_(some),
            EmailAccountHealth.removed_at.is_(None),
        )
        put = insert_or(CampaignInbox, dialect_of(session)).from_select(names, connected)
        added += _changed(session, put.on_conflict_do_nothing())
    return added


def _take_out(session: Session, campaign: Campaign, ids: Sequence[int]) -> int:
    return sum(
        _changed(
            session,
            sa.delete(_POOL).where(
                _POOL.c.workspace_id == campaign.workspace_id,
                _POOL.c.campaign_id == campaign.id,
                _POOL.c.account_id.in_(some),
            ),
        )
        for some in _portions(ids)
    )


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return iter([ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE)])


def _changed(session: Session, statement: Any) -> int:
    done = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(done.rowcount)  # type: ignore[attr-defined]


def _told(change: PoolChange) -> dict[str, int]:
    counts = {"inboxes_added": change.added, "inboxes_taken_out": change.taken_out}
    return {name: count for name, count in counts.items() if count}
