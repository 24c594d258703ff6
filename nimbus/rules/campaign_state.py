"""The states of a campaign and of a contact in it, what may follow what, and why a launch is refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nimbus.rules.follow_up import BadSteps, Steps
from nimbus.rules.merge_fields import CopyKind, MergeError, check_fields, read_copy
from nimbus.rules.sending_hours import NeverOpens, SendingHours


class CampaignState(StrEnum):
    """What a campaign does. That it is throttled is no state: it follows from its last batch, and goes by itself."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class ContactState(StrEnum):
    """Where a contact stands in a campaign."""

    WAITING = "waiting"  # for the moment of its next step
    PLACED = "placed"  # its message waits at an inbox, or is on its way
    FINISHED = "finished"  # after the last step
    STOPPED = "stopped"  # by what was heard from them
    FAILED = "failed"  # a step could not be sent; a sentence says why


_FOLLOWS: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.FINISHED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.FINISHED}),
    CampaignState.FINISHED: frozenset(),
}


def may_follow(before: CampaignState, after: CampaignState) -> bool:
    """Whether a campaign may go from one state to another."""
    return after in _FOLLOWS[before]


@dataclass(frozen=True, slots=True)
class StepCopy:
    """A step as it was written. Only the first has a subject: the others answer in its thread."""

    delay_days: int
    subject: str
    body: str


def read_hours(zone: str, days: Sequence[int], opens: int, closes: int) -> SendingHours:
    """The hours as a campaign keeps them; raises NeverOpens with a sentence."""
    return SendingHours(zone, frozenset(days), opens, closes)


def why_not_launch(
    steps: Sequence[StepCopy],
    *,
    pool_size: int,
    contacts: int,
    fields: Collection[str],
    hours: tuple[str, Sequence[int], int, int],
) -> list[str]:
    """Every reason against a launch, each a sentence; none: it may begin.

    contacts: how many could be written to; fields: the names of those that the contacts have; hours: as `read_hours`.
    """
    reasons = list(_wrong_steps(steps, fields))
    if not pool_size:
        reasons.append("The sending pool is empty. Choose the inboxes that may send this campaign.")
    if not contacts:
        reasons.append("There is nobody to write to. Choose an address book with contacts that may get mail.")
    try:
        read_hours(*hours)
    except NeverOpens as problem:
        reasons.append(str(problem))
    return reasons


def _wrong_steps(steps: Sequence[StepCopy], fields: Collection[str]) -> list[str]:
    try:
        Steps(tuple(step.delay_days for step in steps))
    except BadSteps as problem:
        return [str(problem)]
    wrong = []
    for number, step in enumerate(steps, start=1):
        texts = [(step.body, CopyKind.TEXT, f"the text of step {number}")]
        if number == 1:
            texts.append((step.subject, CopyKind.SUBJECT, "the subject of step 1"))
        for text, kind, place in texts:
            try:
                check_fields(read_copy(text, kind=kind, place=place), fields)
            except MergeError as problem:
                wrong.append(str(problem))
            if not text.strip():
                wrong.append(f"There is nothing in {place} yet. Write it.")
    return wrong
