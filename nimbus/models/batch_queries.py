"""Reading the ledger of decisions: a campaign's batches, and what each of them put off."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.batch import Batch, Deferral
from nimbus.models.contact import Contact
from nimbus.models.email_account import EmailAccountHealth

MOST = 50  # lines of a page


class BatchRow(NamedTuple):
    """A batch without its pool, which may be large."""

    id: int
    began_at: datetime
    finished_at: datetime | None
    asked_by: str | None
    due: int
    placed: int
    deferred: int
    reasons: dict[str, int]
    next_try: datetime | None
    sentence: str | None


class PutOff(NamedTuple):
    """A message (steps count from 0) that found no inbox; without a sentence of its own that of its batch says why."""

    contact_id: int
    email: str
    step: int
    until: datetime
    sentence: str | None


def list_batches(
    session: Session, workspace_id: int, campaign_id: int, *, before: int | None = None, most: int = MOST
) -> tuple[list[BatchRow], int | None]:
    """A page of a campaign's batches, the newest first, and the id to ask for what is older."""
    columns = [getattr(Batch, name) for name in BatchRow._fields]
    query = sa.select(*columns).where(Batch.workspace_id == workspace_id, Batch.campaign_id == campaign_id)
    if before is not None:
        query = query.where(Batch.id < before)
    rows = [BatchRow(*row) for row in session.execute(query.order_by(Batch.id.desc()).limit(most + 1))]
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def find_batch(session: Session, workspace_id: int, campaign_id: int, batch_id: int) -> Batch | None:
    """A batch of a campaign with its pool as it was judged; None for any other id, and after 30 days."""
    return session.scalar(
        sa.select(Batch).where(
            Batch.workspace_id == workspace_id, Batch.campaign_id == campaign_id, Batch.id == batch_id
        )
    )


def list_put_off(
    session: Session, workspace_id: int, batch_id: int, *, after: int = 0
) -> tuple[list[PutOff], int | None]:
    """A page of the messages that a batch put off, and the contact to ask for those after it."""
    found = session.execute(
        sa.select(Deferral.contact_id, Contact.email, Deferral.step, Deferral.until, Deferral.sentence)
        .join(Contact, Contact.id == Deferral.contact_id)
        .where(
            Deferral.workspace_id == workspace_id,
            Deferral.batch_id == batch_id,
            Deferral.contact_id > after,
        )
        .order_by(Deferral.contact_id)
        .limit(MOST + 1)
    )
    rows = [PutOff(*row) for row in found]
    return rows[:MOST], rows[MOST - 1].contact_id if len(rows) > MOST else None


def still_connected(session: Session, workspace_id: int, account_ids: Collection[int]) -> set[int]:
    """Those of these inboxes that have a page."""
    return set(
        session.scalars(
            sa.select(EmailAccountHealth.id).where(
                EmailAccountHealth.workspace_id == workspace_id,
                EmailAccountHealth.id.in_(account_ids),
                EmailAccountHealth.removed_at.is_(None),
            )
        )
    )
