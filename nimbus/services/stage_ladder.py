"""The stages of one inbox with what each asks for and what there is of it, for its page."""

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import EmailAccountHealth, InboxHealthState
from nimbus.rules.curves import half_up
from nimbus.rules.inbox_stage import Rung, ladder
from nimbus.rules.mailbox_kinds import mailbox_kind
from nimbus.rules.providers import Provider
from nimbus.rules.score_parts import PRIOR
from nimbus.rules.stage_gates import Indicators
from nimbus.services.health_facts import seen_placement
from nimbus.services.health_memory import remembered_standing
from nimbus.services.health_reads import read_placement


def read_ladder(
    session: Session, account: EmailAccountHealth, memory: InboxHealthState | None
) -> tuple[Rung, ...]:
    """All rungs; `account` has its domain loaded. Placement is of this moment, the rest is what the last look left."""
    kind = mailbox_kind(Provider(account.provider), account.domain.name)
    placed = read_placement(session, account.id, now())
    reputation = PRIOR if account.reputation_score is None else account.reputation_score
    indicators = Indicators(
        warmup_sends=memory.warmup_sends if memory else 0,
        reputation=half_up(reputation),
        placement=seen_placement(kind, placed),
        demotion=remembered_standing(memory).demotion if memory else None,
    )
    return ladder(account.current_stage, indicators)
