"""Exporting the audit log: a line about it first, then the lines themselves, a batch at a time."""

from collections.abc import Iterator, Sequence

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.models.audit_queries import AuditFilter, count_audit, list_audit
from nimbus.rules.audit import Action
from nimbus.services.asker import Asker
from nimbus.services.audit import record

BATCH = 500


def begin_export(asker: Asker, wanted: AuditFilter, narrowed: Sequence[str]) -> int:
    """Record that somebody takes these lines away, in words what they were narrowed to; gives the record's own id."""
    with transaction() as session:
        lines = count_audit(session, asker.workspace_id, wanted)
        return record(
            session,
            Action.AUDIT_EXPORTED,
            workspace_id=asker.workspace_id,
            asker=asker,
            lines=lines,
            only=list(narrowed) or "everything",
        )


def exported(workspace_id: int, wanted: AuditFilter, before: int) -> Iterator[Sequence[AuditEvent]]:
    """The lines from before the record of the export, newest first, in batches.

    No connection to the database is held while a batch makes its way to a slow reader.
    """
    older: int | None = before
    while older is not None:
        events, older = list_audit(db.session(), workspace_id, wanted, before=older, most=BATCH)
        db.session.expunge_all()
        db.session.rollback()
        yield events
