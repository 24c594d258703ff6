"""One word, one reason, one action for a campaign. That it is throttled follows from its last batch."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nimbus.rules.campaign_state import CampaignState
from nimbus.rules.durations import clock_time, day_and_month


class CampaignKey(StrEnum):
    """What a campaign is to a person, in the order of every list."""

    THROTTLED = "throttled"
    RUNNING = "running"
    PAUSED = "paused"
    DRAFT = "draft"
    FINISHED = "finished"


class CampaignAction(StrEnum):
    """What a person can do about it; the page knows the address of each."""

    SEE_WHY = "see_why"
    RESUME = "resume"
    GO_ON = "go_on"  # with writing it


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What the status is read from. `sentence` is that of the batch that throttled it; times are aware.

    `contacts` stand in the campaign, of whom `waiting` have a step before them.
    """

    now: datetime
    timezone: str
    state: CampaignState
    throttled_since: datetime | None
    next_at: datetime | None
    sentence: str | None
    contacts: int
    waiting: int


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """What a page shows. `tone` is ok, warn or plain; `icon` is a name in the sprite."""

    key: CampaignKey
    word: str
    tone: str
    icon: str
    reason: str
    action: CampaignAction | None


LOOKS: dict[CampaignKey, tuple[str, str, str]] = {
    CampaignKey.THROTTLED: ("Throttled", "warn", "clock"),
    CampaignKey.RUNNING: ("Running", "ok", "circle-check"),
    CampaignKey.PAUSED: ("Paused", "plain", "circle-pause"),
    CampaignKey.DRAFT: ("Draft", "plain", "pencil"),
    CampaignKey.FINISHED: ("Finished", "plain", "circle-check"),
}
_ACTIONS = {
    CampaignKey.THROTTLED: CampaignAction.SEE_WHY,
    CampaignKey.PAUSED: CampaignAction.RESUME,
    CampaignKey.DRAFT: CampaignAction.GO_ON,
}
WORDS = {key: word for key, (word, _, _) in LOOKS.items()}


def campaign_key(state: CampaignState, throttled_since: datetime | None) -> CampaignKey:
    """What a campaign is to a person; only one that runs can be throttled."""
    if state is CampaignState.RUNNING and throttled_since is not None:
        return CampaignKey.THROTTLED
    return CampaignKey(state)


def judge_campaign(facts: CampaignFacts) -> CampaignStatus:
    """The status of a campaign in words."""
    key = campaign_key(facts.state, facts.throttled_since)
    return CampaignStatus(key, *LOOKS[key], reason=_reason(key, facts), action=_ACTIONS.get(key))


def why_still(state: CampaignState, *, contacts: int, waiting: int) -> str | None:
    """Why nothing leaves of a campaign that does not run; None: it runs. `waiting`: contacts with a step before them."""
    if state is CampaignState.RUNNING:
        return None
    if state is CampaignState.PAUSED:
        return "Nothing leaves until somebody resumes it."
    if state is CampaignState.DRAFT:
        return "Nothing leaves before it is launched."
    if waiting:
        return f"Ended by hand, with {waiting:,} of {contacts:,} contacts not through."
    return "Every contact is through."


def _reason(key: CampaignKey, facts: CampaignFacts) -> str:
    if still := why_still(facts.state, contacts=facts.contacts, waiting=facts.waiting):
        return still
    if key is CampaignKey.THROTTLED:
        return facts.sentence or "No inbox may send what is due."
    return f"Next batch {_when(facts)}."


def _when(facts: CampaignFacts) -> str:
    if facts.next_at is None or facts.next_at <= facts.now:
        return "now"
    at, day = clock_time(facts.next_at, facts.timezone), day_and_month(facts.next_at, facts.timezone)
    is_today = day == day_and_month(facts.now, facts.timezone)
    return f"at {at}" if is_today else f"on {day} at {at}"
