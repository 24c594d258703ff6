"""Writing the audit log: every change that a person makes goes through here, in the transaction that makes it."""

import logging
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import ReadOnly, transaction
from nimbus.models import AuditEvent, User
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.services.asker import Asker

REFUSALS_APART = timedelta(minutes=1)  # of one person at one endpoint; more say nothing new

_ADD = sa.insert(table_of(AuditEvent))
_log = logging.getLogger(__name__)


class Object(NamedTuple):
    """What something was done to: its kind (a noun), its id, and its name as it is now."""

    kind: str
    id: int | str
    name: str


class Doer(NamedTuple):
    """Somebody whose request has ended, as far as it is remembered: a worker finishes what they asked for."""

    user_id: int
    name: str
    address: str | None


def record(
    session: Session,
    action: Action,
    *,
    workspace_id: int,
    asker: Asker | Doer | None = None,
    on: Object | None = None,
    **details: Any,
) -> int:
    """Add a line within the caller's transaction and return its id.

    `asker` is None for NimbusOS itself; `details` say in words what changed and hold no secret.
    """
    line = {
        "workspace_id": workspace_id,
        "at": now(),
        "user_id": asker.user_id if asker else None,
        "actor": asker.name if asker else None,
        "address": asker.address if asker else None,
        "action": action,
        "object_kind": on.kind if on else None,
        "object_id": str(on.id) if on else None,
        "object_name": on.name if on else None,
        "details": details,
    }
    added = session.execute(_ADD, line)
    return int(added.inserted_primary_key[0])  # type: ignore[attr-defined]


def note_refusal(asker: Asker, endpoint: str, method: str) -> None:
    """Record that a person was refused a page, at most once a minute for each page.

    The refusal stands whether or not this can be written.
    """
    seen = sa.select(AuditEvent.id).where(
        AuditEvent.workspace_id == asker.workspace_id,
        AuditEvent.user_id == asker.user_id,
        AuditEvent.action == Action.ACCESS_REFUSED,
        AuditEvent.object_id == endpoint,
        AuditEvent.at > now() - REFUSALS_APART,
    )
    try:
        with transaction() as session:
            # On Postgres the person's row makes requests of the same moment wait for each other.
            session.execute(
                sa.select(User.id).where(User.id == asker.user_id).with_for_update(key_share=True)
            )
            if session.scalar(seen.limit(1)) is None:
                page = Object("page", endpoint, endpoint)
                record(
                    session,
                    Action.ACCESS_REFUSED,
                    workspace_id=asker.workspace_id,
                    asker=asker,
                    on=page,
                    method=method,
                )
    except (SQLAlchemyError, ReadOnly) as error:
        _log.warning("A refused request could not be recorded: %s", type(error).__name__)
