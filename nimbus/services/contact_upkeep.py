"""What runs by itself for imports of contacts: ringing for those that wait for a worker, and forgetting old files."""

from datetime import datetime

import sqlalchemy as sa

from nimbus import queues
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import ContactImport
from nimbus.rules.contact_import import IMPORT_KEPT, UNDER_WAY, UPLOAD_KEPT, ImportState
from nimbus.services.contact_files import kept_files


def ring_imports(moment: datetime) -> None:
    """Ask for a worker for each import that none has, or whose worker is gone."""
    waits = sa.or_(ContactImport.owner.is_(None), ContactImport.lease_until < moment)
    wanted = sa.select(ContactImport.workspace_id, ContactImport.id)
    for workspace_id, import_id in db.session.execute(
        wanted.where(ContactImport.state.in_(UNDER_WAY), waits)
    ):
        queues.ring(queues.IMPORT_CONTACTS, workspace_id, import_id)


def purge_imports(moment: datetime) -> None:
    """Delete what has been kept long enough: imports that nobody began, those long over, and files that none needs."""
    nobody_began = sa.and_(
        ContactImport.state == ImportState.UPLOADED, ContactImport.created_at < moment - UPLOAD_KEPT
    )
    with transaction() as session:
        session.execute(
            sa.delete(ContactImport).where(
                sa.or_(nobody_began, ContactImport.finished_at < moment - IMPORT_KEPT)
            )
        )
        needed = set(session.scalars(sa.select(ContactImport.file).where(ContactImport.file.is_not(None))))
    for path in kept_files():
        # One that is new may be of somebody who is choosing its book just now.
        if path.name not in needed and path.stat().st_mtime < (moment - UPLOAD_KEPT).timestamp():
            path.unlink(missing_ok=True)
