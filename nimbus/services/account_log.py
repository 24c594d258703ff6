"""Writing an account's log. Every change of an account goes through here with its reason."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import EmailAccountHealth, EventTone, HealthEvent


class Decided(NamedTuple):
    """What a decision of the rules changed: from what to what, why, and the numbers it was read from."""

    before: str
    after: str
    cause: str
    counters: Mapping[str, Any]


def record(
    session: Session,
    account: EmailAccountHealth,
    kind: str,
    sentence: str,
    *,
    tone: EventTone = EventTone.PLAIN,
    actor: str | None = None,
    decided: Decided | None = None,
) -> None:
    """Add a line to an account's log within the caller's transaction. `actor` is None for the system."""
    session.add(
        HealthEvent(
            **decided._asdict() if decided else {},
            workspace_id=account.workspace_id,
            account_id=account.id,
            at=now(),
            kind=kind,
            tone=tone,
            sentence=sentence,
            actor=actor,
        )
    )
