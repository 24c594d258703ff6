"""A campaign as its page shows it at this moment: one word and why, the funnel of its pool, and what would help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nimbus.clock import SystemClock, now
from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.campaign_counts import Due, count_due
from nimbus.models.campaign_queries import count_contacts, count_sent_by_step
from nimbus.models.domain_queries import paused_behind
from nimbus.queues import SEND, workers_alive
from nimbus.rules.campaign_moment import Moment, MomentFacts, judge_moment
from nimbus.rules.campaign_state import CampaignState, ContactState, read_hours
from nimbus.rules.campaign_why import examples_of, headline, title_of
from nimbus.rules.eligibility import TYPE_WORDS, Candidate, Code
from nimbus.rules.sending_hours import NeverOpens
from nimbus.services.explain_campaign import Explained, explain, fit_outside
from nimbus.web.domain_links import PausedDomain, paused_links

NEAR_SHOWN = 5
_SOON, _NOW_AND_THEN = "every 2s", "nimbus:tick from:body"


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the funnel: what an inbox has to have, how many are left, how many it takes out, and examples."""

    code: Code
    title: str
    left: int
    out: int
    examples: str


@dataclass(frozen=True, slots=True)
class WhyView:
    """The funnel with what stands beside it."""

    headline: str
    pool: int
    able: int
    steps: Sequence[Step]
    costliest: Step | None
    near: Sequence[Candidate]
    room_today: int
    first_free: datetime | None
    paused: Sequence[PausedDomain]  # looked for where none of the pool can, as are those of `more`
    more: int  # inboxes outside the pool that could send now


@dataclass(frozen=True, slots=True)
class NowView:
    """The part of the page that keeps itself fresh. `waiting` is everybody whose message is due, put off or on its way."""

    campaign: Campaign
    status: Moment
    kind: str
    hours: str
    sent: int
    contacts: int
    waiting: int
    put_off: int
    why: WhyView
    is_running: bool
    is_due: bool
    no_worker: bool

    @property
    def may_ask(self) -> bool:
        """Whether a batch that began now would find something to do."""
        is_on_its_way = self.is_running or self.is_due
        return self.status.may_begin and self.waiting > 0 and not is_on_its_way


def now_of(campaign: Campaign, zone: str) -> NowView | None:
    """A campaign at this moment; `zone` is the workspace's. None: it went meanwhile."""
    explained = explain(campaign.workspace_id, campaign.id)
    if explained is None:
        return None
    moment = now()
    states = count_contacts(db.session(), campaign.workspace_id, campaign.id)
    due = count_due(db.session(), campaign.workspace_id, campaign.id, moment)
    placed = states.get(ContactState.PLACED, 0)
    is_running = _is_running(campaign)
    is_due = not is_running and is_on_its_way(campaign)
    return NowView(
        campaign=campaign,
        status=_status(campaign, zone, due._replace(now=due.now + placed), states),
        kind=TYPE_WORDS[explained.wanted.campaign_type],
        hours=_hours(campaign)[1],
        sent=sum(count_sent_by_step(db.session(), campaign.workspace_id, campaign.id).values()),
        contacts=sum(states.values()),
        waiting=due.waiting + placed,
        put_off=due.put_off,
        why=_why(campaign, explained),
        is_running=is_running,
        is_due=is_due,
        # Workers beat in the machine's time, wherever the product's clock was moved to.
        no_worker=is_due and not any(SEND in each.queues for each in workers_alive(SystemClock().now())),
    )


def is_on_its_way(campaign: Campaign) -> bool:
    """Whether a batch runs at this moment, or begins as soon as a worker is free."""
    is_due = campaign.asked_by is not None or (campaign.next_at is not None and campaign.next_at <= now())
    return _is_running(campaign) or (campaign.state == CampaignState.RUNNING and is_due)


def poll_of(campaign: Campaign) -> str:
    """When a part of the page looks again: soon while a batch is on its way."""
    return _SOON if is_on_its_way(campaign) else _NOW_AND_THEN


def _is_running(campaign: Campaign) -> bool:
    return campaign.lease_until is not None and campaign.lease_until > now()


def _status(campaign: Campaign, zone: str, due: Due, states: Mapping[ContactState, int]) -> Moment:
    return judge_moment(
        MomentFacts(
            state=CampaignState(campaign.state),
            zone=zone,
            throttled_since=campaign.throttled_since,
            put_off=due.put_off,
            due=due.now,
            opens_at=_hours(campaign)[0],
            next_at=campaign.next_at,
            contacts=sum(states.values()),
            waiting=states.get(ContactState.WAITING, 0),
        )
    )


def _hours(campaign: Campaign) -> tuple[datetime | None, str]:
    """When its hours open, None while they are open; and the hours in words, or why there are none."""
    try:
        hours = read_hours(campaign.timezone, campaign.days, campaign.opens, campaign.closes)
    except NeverOpens as problem:
        return None, str(problem)
    return None if hours.is_open(now()) else hours.next_batch(now()), hours.in_words


def _why(campaign: Campaign, explained: Explained) -> WhyView:
    judged = explained.judged
    steps = [
        Step(
            each.code,
            title_of(each.code, explained.wanted),
            each.left,
            each.out,
            examples_of(each.code, judged),
        )
        for each in explained.left
    ]
    able = steps[-1].left
    return WhyView(
        headline=headline(judged),
        pool=len(judged),
        able=able,
        steps=steps,
        costliest=next((each for each in steps if each.code is explained.costliest), None),
        near=explained.near,
        room_today=explained.room_today,
        first_free=explained.first_free,
        paused=[] if able else _paused(campaign),
        more=0 if able else len(fit_outside(campaign.workspace_id, campaign.id)),
    )


def _paused(campaign: Campaign) -> list[PausedDomain]:
    behind = paused_behind(db.session(), campaign.workspace_id, [campaign.id])
    return paused_links(behind[campaign.id])
