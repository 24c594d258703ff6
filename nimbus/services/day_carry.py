"""Another time zone for a workspace gives nobody a second budget: what counted today counts in the new zone's day too."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import local_day
from nimbus.database import dialect_of, insert_or
from nimbus.models import EmailAccountHealth, InboxDay, InboxHealthState, Send, Workspace


def carry_day(session: Session, workspace_id: int, *, before: str, after: str, moment: datetime) -> None:
    """Within the transaction that changes the zone: begin the new date with the larger of both counts.

    `before` and `after` are IANA names. Days that lie ahead of the new date, and that nothing was sent on, were
    begun by an earlier change: they go, so that a zone chosen by mistake stops no inbox until it catches up.
    """
    today, new_day = local_day(moment, before), local_day(moment, after)
    if today == new_day:
        return
    # A claim makes the first row of a day under a weaker lock on the workspace: it waits for this change, or this for it.
    session.execute(sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update())
    for account_id, used in _counts(session, workspace_id, today):
        _begin_with(session, workspace_id, account_id, day=new_day, used=used)
    _raise_nothing(session, workspace_id, moment)
    session.execute(
        sa.delete(InboxDay).where(
            InboxDay.workspace_id == workspace_id,
            InboxDay.day > new_day,
            ~sa.exists().where(Send.account_id == InboxDay.account_id, Send.day == InboxDay.day),
        )
    )


def _raise_nothing(session: Session, workspace_id: int, moment: datetime) -> None:
    """What was left of the day that ends here has earned no raise: the limits wait as if they had been raised now.

    A look that read the old zone finds its inboxes changed, and keeps nothing.
    """
    for model, values in (
        (InboxHealthState, {"raised_at": moment}),
        (EmailAccountHealth, {"health_version": EmailAccountHealth.health_version + 1}),
    ):
        session.execute(sa.update(model).where(model.workspace_id == workspace_id).values(values))


def _counts(session: Session, workspace_id: int, day: date) -> list[tuple[int, int]]:
    """What each inbox has used of a day, once the claims that are under way have finished."""
    rows = session.execute(
        sa.select(InboxDay.account_id, InboxDay.sent + InboxDay.reserved)
        .where(InboxDay.workspace_id == workspace_id, InboxDay.day == day)
        .order_by(InboxDay.account_id)
        .with_for_update()
    )
    return [(account_id, used) for account_id, used in rows]


def _begin_with(session: Session, workspace_id: int, account_id: int, *, day: date, used: int) -> None:
    row = {"workspace_id": workspace_id, "account_id": account_id, "day": day, "sent": used, "reserved": 0}
    session.execute(
        insert_or(InboxDay, dialect_of(session))
        .values(row)
        .on_conflict_do_update(
            index_elements=["account_id", "day"],
            set_={"sent": used - InboxDay.reserved},
            where=InboxDay.sent + InboxDay.reserved < used,
        )
    )
