"""What a campaign's message asks beside `send_gate.py` at the moment of its claim: its own reasons stop no other message.

Put together the two ask all of `deliverability.md` 8.1 but for spacing, which the message's own moment keeps.
"""

from dataclasses import dataclass
from datetime import datetime

from nimbus.rules.campaign_state import CampaignState, ContactState
from nimbus.rules.campaign_types import Restriction, allows
from nimbus.rules.eligibility import TYPE_WORDS, Wanted
from nimbus.rules.score_parts import PRIOR
from nimbus.rules.send_answers import Category, sentence
from nimbus.rules.send_gate import LOOK_AGAIN, Never, Wait


@dataclass(frozen=True, slots=True)
class CampaignAsks:
    """The message's campaign and contact as they are now; None: that row is gone."""

    recipient: str
    state: CampaignState | None
    contact: ContactState | None
    problem: str | None  # why the contact's sequence is over, a sentence
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class InboxOffers:
    """What is asked of an inbox for the sake of a campaign. A score of None: nothing has judged it yet."""

    inbox: str
    restriction: Restriction
    score: int | None
    stage: int
    stage_sentence: str | None


def why_campaign_stops(asks: CampaignAsks, offers: InboxOffers, now: datetime) -> Wait | Never | None:
    """What stops this message alone; whatever waits here is given to another inbox by the next batch."""
    if asks.wanted is None or asks.contact is not ContactState.PLACED:
        return Never(Category.STOPPED, asks.problem or sentence(Category.STOPPED, recipient=asks.recipient))
    why = _why(asks.state, asks.wanted, offers)
    return Wait(why, now + LOOK_AGAIN, frozenset()) if why else None


def _why(state: CampaignState | None, wanted: Wanted, offers: InboxOffers) -> str | None:
    kind, score = TYPE_WORDS[wanted.campaign_type], round(PRIOR) if offers.score is None else offers.score
    if state is not CampaignState.RUNNING:
        return "Its campaign is not running."
    if not allows(offers.restriction, wanted.campaign_type):
        reserved = offers.restriction.replace("_", " ")
        return f"{offers.inbox} is reserved for {reserved}; this is a {kind} campaign."
    if score < wanted.floor:
        return f"{offers.inbox} scores {score}, the campaign needs {wanted.floor}."
    if offers.stage < wanted.stage:
        why = f"{offers.inbox} is at stage {offers.stage}; {kind} needs {wanted.stage}."
        return f"{why} {offers.stage_sentence or ''}".strip()
    return None
