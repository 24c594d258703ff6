"""Writing the audit log: every change that a person makes goes through here, in the transaction that makes it."""

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import AuditEvent
from nimbus.rules.audit import Action
from nimbus.services.asker import Asker


class Object(NamedTuple):
    """What something was done to: its kind (a noun), its id, and its name as it is now."""

    kind: str
    id: int | str
    name: str


def record(
    session: Session,
    action: Action,
    *,
    workspace_id: int,
    asker: Asker | None = None,
    on: Object | None = None,
    **details: Any,
) -> None:
    """Add a line within the caller's transaction. `asker` is None for NimbusOS itself; `details` hold no secret."""
    session.add(
        AuditEvent(
            workspace_id=workspace_id,
            at=now(),
            user_id=asker.user_id if asker else None,
            actor=asker.name if asker else None,
            address=asker.address if asker else None,
            action=action,
            object_kind=on.kind if on else None,
            object_id=str(on.id) if on else None,
            object_name=on.name if on else None,
            details=details,
        )
    )
