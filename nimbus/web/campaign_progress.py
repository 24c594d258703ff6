"""How far a campaign is: its steps with the contacts at each, who could not be written to, and its last batches."""

from collections.abc import Sequence
from dataclasses import dataclass

from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.batch_queries import BatchRow, list_batches
from nimbus.models.campaign_counts import FailedContact, count_by_step, list_failed
from nimbus.models.campaign_queries import count_sent_by_step
from nimbus.rules.campaign_state import ContactState
from nimbus.services.campaign_copy import list_steps

FAILED_SHOWN = 5
_ENDED = (ContactState.STOPPED, ContactState.FAILED)


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step (from 1): who waits for it, whose message is on its way, how many left, and for whom it ended here."""

    number: int
    waiting: int
    placed: int
    sent: int
    ended: int


@dataclass(frozen=True, slots=True)
class ProgressView:
    """The steps, those who had the last one, and some of those whose message could not be written or sent."""

    steps: Sequence[StepProgress]
    finished: int
    failed: Sequence[FailedContact]
    failed_count: int


@dataclass(frozen=True, slots=True)
class DoneView:
    """Progress and a page of batches; `older` is the id to ask for what came before them."""

    progress: ProgressView
    batches: Sequence[BatchRow]
    older: int | None


def done_of(campaign: Campaign, *, before: int | None) -> DoneView:
    """What a campaign has done so far."""
    batches, older = list_batches(db.session(), campaign.workspace_id, campaign.id, before=before, most=20)
    return DoneView(_progress(campaign), batches, older)


def _progress(campaign: Campaign) -> ProgressView:
    session, key = db.session(), (campaign.workspace_id, campaign.id)
    counts, sent = count_by_step(session, *key), count_sent_by_step(session, *key)

    def of(number: int, *states: ContactState) -> int:
        return sum(counts.get((number, state), 0) for state in states)

    steps = [
        StepProgress(
            step.number + 1,
            of(step.number, ContactState.WAITING),
            of(step.number, ContactState.PLACED),
            sent.get(step.number, 0),
            of(step.number, *_ENDED),
        )
        for step in list_steps(session, *key)
    ]
    failed = sum(count for (_, state), count in counts.items() if state is ContactState.FAILED)
    finished = sum(count for (_, state), count in counts.items() if state is ContactState.FINISHED)
    return ProgressView(steps, finished, list_failed(session, *key, most=FAILED_SHOWN), failed)
