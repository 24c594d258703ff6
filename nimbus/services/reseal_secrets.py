"""Carrying a rotation of keys on: every sealed value of a workspace gets the new key, then the old ones are destroyed.

The rotation's row is the queue. A worker that dies leaves values under either key, all of which open; the next one
goes on with those that are left. An old key goes in the very transaction that has counted no value under it.
"""

import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import execute_many, quick_write, transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, KeyRotation, WorkspaceKey
from nimbus.models.base import table_of
from nimbus.models.sealed_columns import SEALED, SealedColumn, count_by_key
from nimbus.rules.audit import Action
from nimbus.rules.key_rotation import BATCH, what_does_not_open
from nimbus.security.held_keys import hold_vault, take_keys
from nimbus.security.instance_keys import KeyFileProblem
from nimbus.security.vault import CannotOpenSecret, Vault
from nimbus.services.audit import Object, record

LEASE = timedelta(seconds=20)  # without a batch for that long, a rotation has lost its worker
TRY_AGAIN_AFTER = timedelta(minutes=1)  # when something did not open: somebody may have repaired it
_PASSES = 5

_log = logging.getLogger(__name__)
_ROTATIONS = table_of(KeyRotation)
_MINE = sa.and_(
    _ROTATIONS.c.id == sa.bindparam("of_rotation"), _ROTATIONS.c.owner == sa.bindparam("of_owner")
)
_PROGRESS = (
    sa.update(_ROTATIONS)
    .where(_MINE)
    .values(done=_ROTATIONS.c.done + sa.bindparam("written"), lease_until=sa.bindparam("renewed"))
)
# Somebody who removes an account may hold one of its rows and wait for another that a batch has. Postgres ends such a
# wait after a second by refusing either; before that the batch gives way, for it can be repeated and costs nobody.
_WAIT_SHORTLY = sa.text("SET LOCAL lock_timeout = '500ms'")


class TakenOver(Exception):
    """The rotation belongs to another worker by now, or has ended: change nothing more."""


@dataclass(frozen=True, slots=True)
class Work:
    """A rotation that this process has claimed."""

    workspace_id: int
    rotation_id: int
    key_id: str
    owner: str


@dataclass(slots=True)
class Unopened:
    """What one pass found that does not open: how many values, of which accounts, and how many that tests keep."""

    values: int = 0
    accounts: set[int] = field(default_factory=set)
    of_tests: int = 0


def run(workspace_id: int, rotation_id: int) -> None:
    """Carry a rotation to its end, or to a sentence about what keeps it from that. One that somebody else has is left."""
    work = _claim(workspace_id, rotation_id)
    if work is not None:
        with suppress(TakenOver):
            _carry_on(work)


def _claim(workspace_id: int, rotation_id: int) -> Work | None:
    """Make this process the owner; that the update found its row is the lock."""
    moment, owner = now(), secrets.token_hex(8)
    with transaction() as session:
        key_id = session.scalar(
            sa.update(_ROTATIONS)
            .where(
                _ROTATIONS.c.workspace_id == workspace_id,
                _ROTATIONS.c.id == rotation_id,
                _ROTATIONS.c.finished_at.is_(None),
                sa.or_(_ROTATIONS.c.owner.is_(None), _ROTATIONS.c.lease_until < moment),
            )
            .values(owner=owner, lease_until=moment + LEASE)
            .returning(_ROTATIONS.c.key_id)
        )
    return Work(workspace_id, rotation_id, key_id, owner) if key_id else None


def _carry_on(work: Work) -> None:
    try:
        with transaction() as session:
            vault = hold_vault(session, work.workspace_id)
    except KeyFileProblem as problem:
        with transaction() as session:
            _pause(session, work, str(problem))
        return
    # Once is enough, unless rows changed while their batch was made. Whoever is that unlucky again and again leaves
    # the rest to whom the sweep rings for once the lease is over.
    for _ in range(_PASSES):
        if _conclude(work, _pass(work, vault)):
            break


def _pass(work: Work, vault: Vault) -> Unopened:
    """Go once through every value that another key sealed."""
    unopened = Unopened()
    for sealed in SEALED:
        # One reading, as of one moment; beside it, each batch is a transaction on a connection of its own.
        left = sealed.not_under(work.key_id, work.workspace_id).execution_options(yield_per=BATCH)
        for rows in db.session.execute(left).partitions():
            _replace(work, sealed, _sealed_again(vault, sealed, rows, unopened))
    return unopened


def _sealed_again(
    vault: Vault, sealed: SealedColumn, rows: Sequence[sa.Row[Any]], unopened: Unopened
) -> list[dict[str, Any]]:
    """One batch under the new key, as it will be written."""
    replacements = []
    for row in rows:
        try:
            new = vault.seal_again(sealed.value_of(row), owner=sealed.owner_of(row), field=sealed.field)
        except CannotOpenSecret:
            unopened.values += 1
            if sealed.account is None:
                unopened.of_tests += 1
            else:
                unopened.accounts.add(row._mapping[sealed.account])  # noqa: SLF001 - its public name
        else:
            replacements.append(sealed.replacement(row, new))
    return replacements


def _replace(work: Work, sealed: SealedColumn, replacements: list[dict[str, Any]]) -> None:
    """Write one batch, with the progress and a sign of life; what cannot be written now is left to the next pass."""
    with suppress(OperationalError), quick_write(db.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_WAIT_SHORTLY)
        written = execute_many(connection, sealed.replace, replacements)
        progress = _fence(work) | {"written": written, "renewed": now() + LEASE}
        if connection.execute(_PROGRESS, progress).rowcount != 1:
            raise TakenOver


def _conclude(work: Work, unopened: Unopened) -> bool:
    """End the rotation, or pause it when nothing is left but what does not open; False when it needs another pass."""
    with transaction() as session:
        take_keys(session, work.workspace_id)
        _write(session, work, lease_until=now() + LEASE)
        total, (under_new,) = count_by_key(session, work.workspace_id, [work.key_id])
        if total == under_new:
            _finish(session, work)
            return True
        if total - under_new > unopened.values:
            return False
        addresses = _addresses(session, work.workspace_id, unopened.accounts)
        _pause(session, work, what_does_not_open(addresses, of_tests=unopened.of_tests))
        return True


def _finish(session: Session, work: Work) -> None:
    destroyed = session.execute(
        sa.delete(WorkspaceKey).where(
            WorkspaceKey.workspace_id == work.workspace_id, WorkspaceKey.id != work.key_id
        )
    ).rowcount  # type: ignore[attr-defined]
    done = session.scalar(sa.select(_ROTATIONS.c.done).where(_ROTATIONS.c.id == work.rotation_id))
    record(
        session,
        Action.ROTATION_FINISHED,
        workspace_id=work.workspace_id,
        on=Object("key", work.key_id, work.key_id),
        sealed_again=done,
        keys_destroyed=destroyed,
    )
    _write(
        session, work, keys_destroyed=destroyed, finished_at=now(), problem=None, lease_until=None, owner=None
    )


def _pause(session: Session, work: Work, problem: str) -> None:
    """Give the rotation back with a sentence; it is tried again after a minute, and at once when somebody asks."""
    _log.error("Rotation %s waits: %s", work.rotation_id, problem)
    _write(session, work, problem=problem, lease_until=now() + TRY_AGAIN_AFTER, owner=None)


def _write(session: Session, work: Work, **values: Any) -> None:
    """Change the rotation's row while it is this worker's; TakenOver, which undoes the transaction, when it is not."""
    written = session.execute(sa.update(_ROTATIONS).where(_MINE).values(**values), _fence(work))
    if written.rowcount != 1:  # type: ignore[attr-defined]
        raise TakenOver


def _fence(work: Work) -> dict[str, Any]:
    """What _MINE asks for."""
    return {"of_rotation": work.rotation_id, "of_owner": work.owner}


def _addresses(session: Session, workspace_id: int, accounts: set[int]) -> Sequence[str]:
    return session.scalars(
        sa.select(EmailAccountHealth.email)
        .where(EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id.in_(accounts))
        .order_by(EmailAccountHealth.email)
    ).all()
