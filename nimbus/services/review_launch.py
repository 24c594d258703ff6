"""What somebody should know before a campaign begins or goes on: what is missing, who could send, what it will take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.campaign_queries import count_contacts, find_campaign
from nimbus.rules.campaign_state import ContactState, Refusal, read_hours
from nimbus.rules.deferral import Judged, but_for_slot
from nimbus.rules.eligibility import Check, first_failing
from nimbus.rules.launch_estimate import Estimate, estimate
from nimbus.rules.sending_hours import NeverOpens, SendingHours
from nimbus.services.campaign_copy import list_steps
from nimbus.services.campaign_life import count_audience, reasons_against
from nimbus.services.explain_campaign import explain


@dataclass(frozen=True, slots=True)
class CannotSend:
    """An inbox of the pool that could not send right now, and the first reason."""

    inbox: str
    failing: Check


@dataclass(frozen=True, slots=True)
class Review:
    """What the launch page shows. `contacts` are those who would get mail, or still get some."""

    reasons: Sequence[Refusal]
    contacts: int
    steps: int
    pool: int
    could_send: Sequence[str]
    cannot_send: Sequence[CannotSend]
    room_today: int
    opens_at: datetime | None  # of the first batch, where these are not its hours
    hours: SendingHours | None
    estimate: Estimate | None  # None where the hours never open


def review_launch(workspace_id: int, campaign_id: int) -> Review | None:
    """The review for now; changes nothing. None: no such campaign."""
    explained = explain(workspace_id, campaign_id)
    campaign = find_campaign(db.session(), workspace_id, campaign_id)
    if campaign is None or explained is None:
        return None
    steps = list_steps(db.session(), workspace_id, campaign_id)
    reasons = [] if campaign.launched_at else reasons_against(db.session(), campaign, steps)
    hours, contacts = _hours(campaign), _count(campaign)
    delays = [step.delay_days for step in steps]
    pool = explained.judged
    failing = [(each, first_failing(but_for_slot(each.checks))) for each in pool]
    return Review(
        reasons=reasons,
        contacts=contacts,
        steps=len(steps),
        pool=len(pool),
        could_send=sorted(each.inbox.inbox for each, check in failing if check is None),
        cannot_send=_sorted(failing),
        room_today=explained.room_today,
        opens_at=_opens_at(hours),
        hours=hours,
        estimate=estimate(pool, hours, contacts=contacts, delays=delays) if hours else None,
    )


def _count(campaign: Campaign) -> int:
    if campaign.launched_at is None:
        return count_audience(db.session(), campaign)
    states = count_contacts(db.session(), campaign.workspace_id, campaign.id)
    return states.get(ContactState.WAITING, 0) + states.get(ContactState.PLACED, 0)


def _hours(campaign: Campaign) -> SendingHours | None:
    try:
        return read_hours(campaign.timezone, campaign.days, campaign.opens, campaign.closes)
    except NeverOpens:
        return None


def _opens_at(hours: SendingHours | None) -> datetime | None:
    return hours.next_batch(now()) if hours and not hours.is_open(now()) else None


def _sorted(failing: Sequence[tuple[Judged, Check | None]]) -> list[CannotSend]:
    """Those of one reason together, in the order of the checks."""
    order = {check.code: place for judged, _ in failing[:1] for place, check in enumerate(judged.checks)}
    found = [CannotSend(each.inbox.inbox, check) for each, check in failing if check is not None]
    return sorted(found, key=lambda each: (order[each.failing.code], each.inbox))
