"""Reading imports of contacts, and the rows of their files that became none."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.contact_import import ContactImport, UnreadRow


def find_import(session: Session, workspace_id: int, import_id: int) -> ContactImport | None:
    """An import of this workspace, as it is now; None for any other id."""
    return session.scalar(
        sa.select(ContactImport)
        .where(ContactImport.workspace_id == workspace_id, ContactImport.id == import_id)
        .execution_options(populate_existing=True)
    )


def list_imports(session: Session, workspace_id: int, *, most: int) -> Sequence[ContactImport]:
    """The newest imports of a workspace."""
    return session.scalars(
        sa.select(ContactImport)
        .where(ContactImport.workspace_id == workspace_id)
        .order_by(ContactImport.id.desc())
        .limit(most)
    ).all()


def list_unread(
    session: Session, workspace_id: int, import_id: int, *, after: int = 0, most: int
) -> Sequence[UnreadRow]:
    """Rows of an import that became no contact, in the order of the file, from behind a line on."""
    return session.scalars(
        sa.select(UnreadRow)
        .where(
            UnreadRow.workspace_id == workspace_id,
            UnreadRow.import_id == import_id,
            UnreadRow.line > after,
        )
        .order_by(UnreadRow.line)
        .limit(most)
    ).all()
