"""One change for many accounts, and taking it back within ten minutes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, Undo, UndoValue
from nimbus.models.base import table_of
from nimbus.services.account_changes import CannotChange, Change, Limit, Priority, Restrict, Rotation
from nimbus.services.asker import Asker
from nimbus.services.sign_in import hash_token, new_token
from nimbus.services.tag_changes import AddTag, RemoveTag
from nimbus.services.update_account import write_down

UNDO_LASTS = timedelta(minutes=10)
_AT_ONCE = 200  # accounts in one transaction: nobody waits long for a lock
_CHANGES: dict[str, type[Change]] = {
    kind.__name__: kind for kind in (Limit, Priority, Restrict, Rotation, AddTag, RemoveTag)
}


class NoSuchUndo(NimbusError):
    """No change of this person in this workspace has this token."""


class NothingToUndo(NimbusError):
    """It was undone already, or its time is over; the sentence says which."""


@dataclass(slots=True)
class Outcome:
    """How many accounts a change reached, and how many it left, by reason. `undo` is the token that takes it back."""

    changed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    undo: str | None = None


@dataclass(slots=True)
class Restored:
    """How many accounts are as they were before, and the addresses of those that stay as they are now."""

    restored: int = 0
    left: list[str] = field(default_factory=list)


def change_many(asker: Asker, account_ids: Sequence[int], change: Change) -> Outcome:
    """Make a change on each of these accounts, a batch in a transaction; each has its line in both logs.

    What it can be taken back with is kept in the same transaction, so whatever was changed can be undone.
    """
    outcome, token, undo_id = Outcome(), new_token(), None
    for batch in _batches(sorted(set(account_ids))):
        with transaction() as session:
            accounts = _locked(session, asker.workspace_id, batch)
            outcome.left["no longer there"] += len(batch) - len(accounts)
            kept = []
            for account in accounts:
                before = change.before(session, account)
                try:
                    said = change.make(session, account)
                except CannotChange as problem:
                    outcome.left[problem.in_short] += 1
                    continue
                outcome.left["so already"] += said is None
                if write_down(session, asker, account, said):
                    kept.append({"account_id": account.id, "before": before})
            if kept:
                undo_id = undo_id or _add_undo(session, asker, token, change)
                mine = {"workspace_id": asker.workspace_id, "undo_id": undo_id}
                session.execute(sa.insert(table_of(UndoValue)), [mine | row for row in kept])
        outcome.changed += len(kept)
    outcome.undo = token if undo_id else None
    outcome.left = +outcome.left
    return outcome


def undo(asker: Asker, token: str) -> Restored:
    """Bring back what every account had, where it still has what the change set. Raises NoSuchUndo, NothingToUndo.

    Each kept value is deleted as it is used, so that two people, or one who presses twice, restore it once.
    """
    restored = Restored()
    with transaction() as session:
        kept = _find(session, asker, token)
        if kept.expires_at <= now():
            raise NothingToUndo("The ten minutes in which this could be undone are over.")
        undo_id, (kind, *values) = kept.id, kept.change
        change = _CHANGES[kind].read(values)
    while True:
        with transaction() as session:
            taken = _take_values(session, asker.workspace_id, undo_id)
            for account in _locked(session, asker.workspace_id, list(taken)):
                try:
                    said = change.take_back(session, account, taken[account.id])
                except CannotChange:
                    said = None
                if write_down(session, asker, account, said):
                    restored.restored += 1
                else:
                    restored.left.append(account.email)
        if not taken:
            break
    if not restored.restored and not restored.left:
        raise NothingToUndo("This was undone already.")
    return restored


def _batches(account_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(account_ids), _AT_ONCE):
        yield account_ids[start : start + _AT_ONCE]


def _locked(session: Session, workspace_id: int, account_ids: Sequence[int]) -> Sequence[EmailAccountHealth]:
    """The connected accounts among these, locked in the order that every such change takes."""
    return session.scalars(
        sa.select(EmailAccountHealth)
        .where(
            EmailAccountHealth.workspace_id == workspace_id,
            EmailAccountHealth.id.in_(account_ids),
            EmailAccountHealth.removed_at.is_(None),
        )
        .order_by(EmailAccountHealth.id)
        .options(selectinload(EmailAccountHealth.domain))
        .with_for_update()
    ).all()


def _add_undo(session: Session, asker: Asker, token: str, change: Change) -> int:
    kept = Undo(
        workspace_id=asker.workspace_id,
        user_id=asker.user_id,
        token_hash=hash_token(token),
        change=[type(change).__name__, *change.stored()],
        expires_at=now() + UNDO_LASTS,
    )
    session.add(kept)
    session.flush()
    return kept.id


def _find(session: Session, asker: Asker, token: str) -> Undo:
    found = session.scalar(
        sa.select(Undo).where(
            Undo.workspace_id == asker.workspace_id,
            Undo.user_id == asker.user_id,
            Undo.token_hash == hash_token(token),
        )
    )
    if found is None:
        raise NoSuchUndo("There is nothing of this kind to undo.")
    return found


def _take_values(session: Session, workspace_id: int, undo_id: int) -> dict[int, list[Any]]:
    """The next values that nobody has restored, by account. They are deleted: who deletes one restores it."""
    of_undo = (UndoValue.workspace_id == workspace_id, UndoValue.undo_id == undo_id)
    some = sa.select(UndoValue.account_id).where(*of_undo).order_by(UndoValue.account_id).limit(_AT_ONCE)
    taken = session.execute(
        sa.delete(UndoValue)
        .where(*of_undo, UndoValue.account_id.in_(session.scalars(some).all()))
        .returning(UndoValue.account_id, UndoValue.before)
    )
    return {row.account_id: row.before for row in taken}
