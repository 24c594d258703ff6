"""Writing an account's log. Every change of an account goes through here with its reason."""

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import EmailAccountHealth, EventTone, HealthEvent


def record(
    session: Session,
    account: EmailAccountHealth,
    kind: str,
    sentence: str,
    *,
    tone: EventTone = EventTone.PLAIN,
    actor: str | None = None,
) -> None:
    """Add a line to an account's log within the caller's transaction. `actor` is None for the system."""
    session.add(
        HealthEvent(
            workspace_id=account.workspace_id,
            account_id=account.id,
            at=now(),
            kind=kind,
            tone=tone,
            sentence=sentence,
            actor=actor,
        )
    )
