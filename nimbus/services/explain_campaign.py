"""Why a campaign does or does not send, as its page tells it: who is left after each check, and what would help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import Workspace
from nimbus.models.campaign_queries import find_campaign
from nimbus.rules.campaign_state import read_hours
from nimbus.rules.deferral import Judged, passes_at
from nimbus.rules.eligibility import Candidate, Code
from nimbus.rules.rotation import Left, WhatIf, costliest, funnel, histogram, near_misses, room_today, what_if
from nimbus.rules.sending_hours import NeverOpens
from nimbus.services.batch_pool import Look, read_pool, wanted_by
from nimbus.services.patient_write import patient_write


@dataclass(frozen=True, slots=True)
class Explained:
    """The funnel of a campaign's pool at this moment, and what stands beside it."""

    pool: Sequence[Judged]
    left: Sequence[Left]
    costliest: Code | None
    near: Sequence[Candidate]
    room_today: int  # messages that the eligible inboxes can still take today
    first_free: datetime | None  # when the first inbox could pass by its clock alone
    is_open: bool  # whether these are the campaign's hours
    floor: WhatIf | None  # what the floor that was asked about would change


def explain(workspace_id: int, campaign_id: int, *, floor: int | None = None) -> Explained | None:
    """The explanation for now, with another floor tried where one is given; changes nothing. None: no such campaign."""
    campaign = find_campaign(db.session(), workspace_id, campaign_id)
    if campaign is None:
        return None
    zone = db.session.scalar(sa.select(Workspace.timezone).where(Workspace.id == workspace_id)) or "UTC"
    look = Look(workspace_id, campaign_id, wanted_by(campaign), zone, now())
    try:
        hours = read_hours(campaign.timezone, campaign.days, campaign.opens, campaign.closes)
        is_open = hours.is_open(look.moment)
    except NeverOpens:
        is_open = False
    db.session.rollback()
    pool = [each.judged for each in patient_write(lambda writing: read_pool(writing, look))]
    inboxes, checks = [each.inbox for each in pool], [each.checks for each in pool]
    return Explained(
        pool=pool,
        left=funnel(checks),
        costliest=costliest(histogram(checks)),
        near=near_misses(inboxes, look.wanted.floor),
        room_today=room_today(inboxes, look.wanted),
        first_free=min((each for each in passes_at(pool) if each is not None), default=None),
        is_open=is_open,
        floor=None if floor is None else what_if(inboxes, look.wanted, floor),
    )
