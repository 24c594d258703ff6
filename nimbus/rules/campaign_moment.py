"""What a campaign does at this moment, in one word and the reason (`ui.md` 4.7). The first line that matches wins."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from nimbus.rules.campaign_state import CampaignState
from nimbus.rules.campaign_status import LOOKS, campaign_key, why_still
from nimbus.rules.durations import clock_time, day_and_month


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentFacts:
    """A campaign at this moment, with what only its own page counts. Times are aware; `zone` is the one they are told in."""

    state: CampaignState
    zone: str
    throttled_since: datetime | None
    put_off: int  # messages that found no inbox and wait for their next try
    due: int  # messages that wait for an inbox, or stand at one
    opens_at: datetime | None  # when its hours open; None while they are open
    next_at: datetime | None
    contacts: int
    waiting: int  # of them, those who have a step before them


class Moment(NamedTuple):
    """The word, how it looks, the reason as a sentence, and whether a batch may begin now."""

    word: str
    tone: str
    icon: str
    reason: str
    may_begin: bool


def judge_moment(facts: MomentFacts) -> Moment:
    """The state of a campaign in one word, and why."""
    looks = LOOKS[campaign_key(facts.state, facts.throttled_since)]
    if still := why_still(facts.state, contacts=facts.contacts, waiting=facts.waiting):
        return Moment(*looks, still, may_begin=False)
    since = facts.throttled_since
    reason = _running(facts) if since is None else _throttled(facts, since)
    return Moment(*looks, reason, may_begin=facts.opens_at is None)


def _throttled(facts: MomentFacts, since: datetime) -> str:
    many = "1 message waits" if facts.put_off == 1 else f"{facts.put_off:,} messages wait"
    return f"Since {_clock(since, facts.zone)} no inbox may take what is due: {many} for the next try."


def _running(facts: MomentFacts) -> str:
    if facts.opens_at is not None:
        return f"These are not its hours: they open at {_clock(facts.opens_at, facts.zone)}."
    if facts.due:
        leave = "1 message leaves" if facts.due == 1 else f"{facts.due:,} messages leave"
        return f"{leave} as inboxes have room and their next slot comes."
    until = _clock(facts.next_at, facts.zone) if facts.next_at else "its next batch"
    return f"Nobody is due before {until}."


def _clock(moment: datetime, zone: str) -> str:
    return f"{clock_time(moment, zone)} on {day_and_month(moment, zone)}"
