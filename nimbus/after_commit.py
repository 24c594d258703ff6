"""Asking for jobs once a transaction has committed: no worker looks for a row before it is there."""

from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

from nimbus.queues import ring


@dataclass
class _Pending:
    """A request that waits for the commit, and the transactions whose rollback takes it away."""

    job: str
    ids: tuple[int | str, ...]
    within: set[SessionTransaction]


def ring_after_commit(session: Session | scoped_session[Session], job: str, *ids: int | str) -> None:
    """Ring once the session's transaction has committed; never when it, or the savepoint at hand, is rolled back."""
    session = session() if isinstance(session, scoped_session) else session
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    within: set[SessionTransaction] = set()
    outer: SessionTransaction | None = transaction
    while outer:
        within.add(outer)
        outer = outer.parent
    session.info.setdefault(_Pending, []).append(_Pending(job, ids, within))


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    pending: list[_Pending] = session.info.get(_Pending, [])
    savepoint = session.get_nested_transaction()
    if savepoint:
        for each in pending:
            each.within.discard(savepoint)
        return
    session.info.pop(_Pending, None)
    for each in pending:
        ring(each.job, *each.ids)


@event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, transaction: SessionTransaction) -> None:
    """Forget what was asked for inside a transaction that ended without a commit, by rollback or by close."""
    if pending := session.info.get(_Pending):
        session.info[_Pending] = [each for each in pending if transaction not in each.within]
