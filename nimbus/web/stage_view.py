"""The stages of an inbox as its page shows them: where it is, what each opens, and what the next one waits for."""

from dataclasses import dataclass

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxHealthState
from nimbus.services.stage_ladder import read_ladder


@dataclass(frozen=True, slots=True)
class RungView:
    """A stage: what it opens, whether the inbox is past it, on it or before it, and what the next one lacks."""

    stage: int
    opens: str
    place: str  # reached, here, next or later
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageView:
    """The ladder, and the one sentence; None while nothing has judged the inbox."""

    rungs: tuple[RungView, ...]
    sentence: str | None


def stages_of(account: EmailAccountHealth, memory: InboxHealthState | None) -> StageView:
    """The ladder of an account whose domain is loaded."""
    here = account.current_stage
    places = {here: "here", here + 1: "next"}
    rungs = tuple(
        RungView(
            rung.stage,
            rung.opens,
            places.get(rung.stage, "reached" if rung.is_reached else "later"),
            tuple(each.said for each in rung.conditions if not each.is_met) if rung.stage == here + 1 else (),
        )
        for rung in read_ladder(db.session(), account, memory)
    )
    return StageView(rungs, account.stage_sentence)
