"""What a person decides about an inbox's standing: its stage, its warmup, and what they answer for. One inbox at a time."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import dialect_of, insert_or
from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, EventTone, InboxHealthState
from nimbus.rules.health_hold import HoldState
from nimbus.rules.stage_gates import FULL
from nimbus.rules.warmup_credit import vouched_sends
from nimbus.services.account_log import Decided, record
from nimbus.services.asker import Asker
from nimbus.services.update_account import changing, note_change


class CannotMove(NimbusError):
    """There is nothing to move, or somebody has done it already; the sentence says which."""


def move_stage(asker: Asker, account_id: int, *, up: bool) -> None:
    """Promote or demote by one stage. A demotion has to be climbed again, else the next look would undo it."""
    with changing(asker, account_id) as (session, account):
        before = account.current_stage
        after = before + 1 if up else before - 1
        if not 0 <= after <= FULL:
            raise CannotMove(f"There is no stage {'above' if up else 'below'} {before}.")
        memory = _memory(session, account)
        if not up:
            fallen_from = max(before, memory.fallen_from or 0)
            memory.fallen_from, memory.fallen_to, memory.fallen_sends = (
                fallen_from,
                after,
                memory.warmup_sends,
            )
        elif memory.fallen_from is not None and after >= memory.fallen_from:
            memory.fallen_from = memory.fallen_to = memory.fallen_sends = None
        account.current_stage = after
        said = f"{'Promoted' if up else 'Demoted'} from stage {before} to {after}"
        decided = Decided(str(before), str(after), f"{asker.name} decided it", {})
        record(session, account, "stage", said, actor=asker.name, decided=decided)
        note_change(session, asker, account, stage=f"from {before} to {after}")
        _look_again(session, account, memory)


def switch_warmup(asker: Asker, account_id: int, *, on: bool) -> None:
    """Keep an inbox out of warmup, or let it take part again."""
    with changing(asker, account_id) as (session, account):
        if on == (account.warmup_off_at is None):
            return
        account.warmup_off_at = None if on else now()
        said = "Warmup switched on" if on else "Warmup switched off"
        record(session, account, "warmup", said, actor=asker.name)
        note_change(session, asker, account, warmup="on" if on else "off")
        _look_again(session, account, _memory(session, account))


def say_fixed(asker: Asker, account_id: int) -> None:
    """An owner says that what an inbox is held for is fixed; the rules decide when that opens the probation."""
    with changing(asker, account_id) as (session, account):
        if account.hold_state != HoldState.HELD:
            raise CannotMove("It is not held any more.")
        memory = _memory(session, account)
        memory.said_fixed_at, memory.said_fixed_by = now(), asker.name
        said = "Said to be fixed, what it is held for"
        record(session, account, "said_fixed", said, tone=EventTone.OK, actor=asker.name)
        note_change(session, asker, account, health_hold="said to be fixed")
        _look_again(session, account, memory)


def vouch(asker: Asker, account_id: int) -> None:
    """An owner says that this mailbox was warmed elsewhere: up to the cold gate's sends, and no gate else."""
    with changing(asker, account_id) as (session, account):
        memory = _memory(session, account)
        before = memory.warmup_sends
        memory.warmup_sends = vouched_sends(before)
        if memory.warmup_sends == before:
            raise CannotMove(f"Its {before} warmup sends count for more already.")
        said = f"Said to be warm already: counts as {memory.warmup_sends} warmup sends"
        decided = Decided(str(before), str(memory.warmup_sends), f"{asker.name} answers for it", {})
        record(session, account, "vouched", said, actor=asker.name, decided=decided)
        note_change(session, asker, account, warmup_sends=f"from {before} to {memory.warmup_sends}")
        _look_again(session, account, memory)


def _memory(session: Session, account: EmailAccountHealth) -> InboxHealthState:
    """What is remembered of an inbox, made where nothing was; what counts at the same moment waits for it."""
    row = {"workspace_id": account.workspace_id, "account_id": account.id}
    put = insert_or(InboxHealthState, dialect_of(session)).values(row | _NEW)
    session.execute(put.on_conflict_do_nothing(index_elements=["account_id"]))
    found = sa.select(InboxHealthState).where(InboxHealthState.account_id == account.id)
    return session.scalars(found.with_for_update()).one()


_NEW = {
    "hold_causes": [],
    "holds_begun": [],
    "is_critical": False,
    "elevated_days": 0,
    "answered": 0,
    "warmup_sends": 0,
}


def _look_again(session: Session, account: EmailAccountHealth, memory: InboxHealthState) -> None:
    memory.dirty_at = now()
    account.health_version += 1
    ring_after_commit(session, queues.REVIEW, account.workspace_id)
