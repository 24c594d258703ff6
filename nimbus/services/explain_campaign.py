"""Why a campaign does or does not send, as its page tells it: who is left after each check, and what would help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import Campaign, Workspace
from nimbus.models.campaign_queries import find_campaign, list_campaigns_of
from nimbus.rules.deferral import Judged, passes_at
from nimbus.rules.eligibility import Candidate, Check, Code, Wanted, first_failing
from nimbus.rules.rotation import Left, WhatIf, costliest, funnel, histogram, near_misses, room_today, what_if
from nimbus.services.batch_pool import Look, PoolInbox, read_alone, read_outside, read_pool, wanted_by
from nimbus.services.prepared import writing_in


@dataclass(frozen=True, slots=True)
class Explained:
    """The funnel of a campaign's pool at this moment, and what stands beside it."""

    pool: Sequence[PoolInbox]
    wanted: Wanted
    left: Sequence[Left]
    costliest: Code | None
    near: Sequence[Candidate]
    room_today: int  # messages that the eligible inboxes can still take today
    first_free: datetime | None  # when the first inbox could pass by its clock alone

    @property
    def judged(self) -> list[Judged]:
        """The pool without its order."""
        return [each.judged for each in self.pool]


@dataclass(frozen=True, slots=True)
class Said:
    """What a campaign says of one inbox: the first check that it fails, or none."""

    campaign_id: int
    campaign: str
    wanted: Wanted
    failing: Check | None


def explain(workspace_id: int, campaign_id: int) -> Explained | None:
    """The explanation for now; changes nothing. None: no such campaign."""
    campaign = find_campaign(db.session(), workspace_id, campaign_id)
    if campaign is None:
        return None
    look = _look(campaign)
    pool = read_pool(writing_in(db.session()), look)
    db.session.rollback()
    judged = [each.judged for each in pool]
    inboxes, checks = [each.inbox for each in judged], [each.checks for each in judged]
    return Explained(
        pool=pool,
        wanted=look.wanted,
        left=funnel(checks),
        costliest=costliest(histogram(checks)),
        near=near_misses(inboxes, look.wanted.floor),
        room_today=room_today(inboxes, look.wanted),
        first_free=min((each for each in passes_at(judged) if each is not None), default=None),
    )


def try_floor(workspace_id: int, campaign_id: int, floor: int) -> WhatIf | None:
    """What another floor would change now. Changes nothing. None: no such campaign."""
    explained = explain(workspace_id, campaign_id)
    if explained is None:
        return None
    return what_if([each.inbox for each in explained.judged], explained.wanted, floor)


def explain_inbox(workspace_id: int, account_id: int) -> list[Said]:
    """What each running campaign that has an inbox in its pool says of it now, by name."""
    campaigns = list_campaigns_of(db.session(), workspace_id, account_id)
    said = []
    for campaign in campaigns:
        look = _look(campaign)
        found = read_alone(writing_in(db.session()), look, account_id)
        if found is not None:
            said.append(Said(campaign.id, campaign.name, look.wanted, first_failing(found.judged.checks)))
    return said


def fit_outside(workspace_id: int, campaign_id: int) -> list[int]:
    """The inboxes of the workspace that could send a campaign now and are not in its pool."""
    campaign = find_campaign(db.session(), workspace_id, campaign_id)
    if campaign is None:
        return []
    outside = read_outside(writing_in(db.session()), _look(campaign))
    db.session.rollback()
    return [each.standing.account_id for each in outside if first_failing(each.judged.checks) is None]


def _look(campaign: Campaign) -> Look:
    of_workspace = sa.select(Workspace.timezone).where(Workspace.id == campaign.workspace_id)
    zone = db.session.scalar(of_workspace) or "UTC"
    return Look(campaign.workspace_id, campaign.id, wanted_by(campaign), zone, now())
