"""What the rules remember of an inbox, as its row keeps it and as they know it."""

from datetime import datetime
from typing import Any

from nimbus.rules.cooldowns import Cooldown
from nimbus.rules.health_facts import Inbox
from nimbus.rules.health_hold import HealthHold, HoldCause, HoldState
from nimbus.rules.stage_falls import Standing
from nimbus.rules.stage_gates import Demotion


def remembered_inbox(row: Any, cooldowns: tuple[Cooldown, ...]) -> Inbox:
    """An inbox as the last look left it; one that was never looked at has nothing to remember."""
    return Inbox(
        stage=row.current_stage,
        standing=remembered_standing(row),
        hold=remembered_hold(row, row.hold_state),
        cooldowns=cooldowns,
        limit=row.daily_send_limit,
        raised_on=row.raised_on,
        raised_at=row.raised_at,
    )


def as_memory(inbox: Inbox) -> dict[str, Any]:
    """The columns of `inbox_health_state` that a look changes."""
    hold, standing, fell = inbox.hold, inbox.standing, inbox.standing.demotion
    return {
        "hold_since": hold.since,
        "hold_causes": sorted(hold.causes),
        "holds_begun": [moment.isoformat() for moment in hold.begun],
        "good_since": hold.good_since,
        "judged_from": hold.judged_from,
        "fallen_from": fell.fallen_from if fell else None,
        "fallen_to": fell.fallen_to if fell else None,
        "fallen_sends": fell.sends if fell else None,
        "fell_at": standing.fell_at,
        "is_critical": standing.is_critical,
        "elevated_days": standing.elevated_days,
        "elevated_on": standing.elevated_on,
        "answered": standing.answered,
        "raised_on": inbox.raised_on,
        "raised_at": inbox.raised_at,
    }


def remembered_hold(row: Any, state: str) -> HealthHold:
    """The hold of an inbox; its state stands in the account's row, the rest in its memory."""
    return HealthHold(
        state=HoldState(state),
        since=row.hold_since,
        causes=frozenset(map(HoldCause, row.hold_causes or ())),
        begun=tuple(map(datetime.fromisoformat, row.holds_begun or ())),
        good_since=row.good_since,
        judged_from=row.judged_from,
    )


def remembered_standing(row: Any) -> Standing:
    """What is remembered of an inbox's falls."""
    fell = None
    if row.fallen_to is not None:
        fell = Demotion(row.fallen_from, row.fallen_to, row.fallen_sends)
    return Standing(
        demotion=fell,
        fell_at=row.fell_at,
        is_critical=bool(row.is_critical),
        elevated_days=row.elevated_days or 0,
        elevated_on=row.elevated_on,
        answered=row.answered or 0,
    )
