"""The states of a campaign and of a contact in it, what may follow what, and why a launch is refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from nimbus.rules.follow_up import BadSteps, Steps, check_delay
from nimbus.rules.merge_fields import CopyKind, MergeError, check_fields, field_names, read_copy
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
    """A step as it was written. Only the first has a subject: the others answer in its thread. `html` may be empty."""

    delay_days: int
    subject: str
    body: str
    html: str = ""


class Part(StrEnum):
    """What of a campaign must be changed."""

    SETTINGS = "settings"  # its audience and hours among them
    STEPS = "steps"
    POOL = "pool"


class Refusal(NamedTuple):
    """A reason against a launch, a sentence, and where to do something about it."""

    part: Part
    sentence: str


class WrongCopy(NamedTuple):
    """What is wrong with one step, counted from 0. `field` is that of StepCopy."""

    step: int
    field: str
    sentence: str


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
) -> list[Refusal]:
    """Every reason against a launch; none: it may begin.

    contacts: how many could be written to; fields: the names of those that the contacts have; hours: as `read_hours`.
    """
    reasons = [Refusal(Part.STEPS, said) for said in _wrong_steps(steps, fields)]
    if not pool_size:
        said = "The sending pool is empty. Choose the inboxes that may send this campaign."
        reasons.append(Refusal(Part.POOL, said))
    if not contacts:
        said = "There is nobody to write to. Choose an address book with contacts that may get mail."
        reasons.append(Refusal(Part.SETTINGS, said))
    try:
        read_hours(*hours)
    except NeverOpens as problem:
        reasons.append(Refusal(Part.SETTINGS, str(problem)))
    return reasons


def names_in(steps: Sequence[StepCopy]) -> set[str]:
    """The names of the merge fields in these steps, also of one that cannot be read."""
    return {
        name for step in steps for text in (step.subject, step.body, step.html) for name in field_names(text)
    }


def wrong_copy(steps: Sequence[StepCopy], fields: Collection[str] | None) -> list[WrongCopy]:
    """What is wrong with each step. fields: the names that may be used; None where nobody knows them yet."""
    wrong = []
    for step, copy in enumerate(steps):
        try:
            check_delay(step + 1, copy.delay_days)
        except BadSteps as problem:
            wrong.append(WrongCopy(step, "delay_days", str(problem)))
        texts = [("body", copy.body, CopyKind.TEXT, f"the text of step {step + 1}")]
        if step == 0:
            texts.insert(0, ("subject", copy.subject, CopyKind.SUBJECT, "the subject of step 1"))
        if copy.html.strip():
            texts.append(("html", copy.html, CopyKind.HTML, f"the HTML of step {step + 1}"))
        for field, text, kind, place in texts:
            if said := _wrong_text(text, kind, place, fields):
                wrong.append(WrongCopy(step, field, said))
    return wrong


def _wrong_steps(steps: Sequence[StepCopy], fields: Collection[str]) -> list[str]:
    try:
        Steps(tuple(step.delay_days for step in steps))
    except BadSteps as problem:
        return [str(problem)]
    return [each.sentence for each in wrong_copy(steps, fields)]


def _wrong_text(text: str, kind: CopyKind, place: str, fields: Collection[str] | None) -> str | None:
    try:
        copy = read_copy(text, kind=kind, place=place)
        if fields is not None:
            check_fields(copy, fields)
    except MergeError as problem:
        return str(problem)
    return None if text.strip() else f"There is nothing in {place} yet. Write it."
