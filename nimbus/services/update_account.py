"""What a person changes about an account. Each change is one write, one line in its log and one in the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth, EventTone, MailServer
from nimbus.rules.audit import Action
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.connection_test import UNDER_WAY, State
from nimbus.services import audit
from nimbus.services.account_changes import Limit, Priority, Restrict, Rotation, Said, refuse_above_ceiling
from nimbus.services.account_log import Decided, record
from nimbus.services.asker import Asker
from nimbus.services.give_back import forget_grant, tell
from nimbus.services.sender_turn import bring_forward
from nimbus.services.wake_campaigns import wake_campaigns

HISTORY_KEPT = timedelta(days=30)


class NoSuchAccount(NimbusError):
    """There is no connected account with this id in this workspace."""


class ChangedMeanwhile(NimbusError):
    """Somebody else saved another value since the form was opened."""

    def __init__(self, current: int) -> None:
        super().__init__(f"Somebody changed this to {current} meanwhile. Save again to replace it.")
        self.current = current


def change_limit(asker: Asker, account_id: int, limit: int, *, seen: int | None) -> None:
    """Set the daily send limit. Raises LimitTooHigh, or ChangedMeanwhile unless it still is what was `seen`."""
    with changing(asker, account_id) as (session, account):
        refuse_above_ceiling(account, limit)
        if seen is not None and seen != account.daily_send_limit:
            raise ChangedMeanwhile(account.daily_send_limit)
        write_down(session, asker, account, Limit(limit).make(session, account))


def change_priority(asker: Asker, account_id: int, priority: int) -> None:
    """Set the rotation priority, 1 to 1000; lower goes first."""
    with changing(asker, account_id) as (session, account):
        write_down(session, asker, account, Priority(priority).make(session, account))


def restrict(asker: Asker, account_id: int, restriction: Restriction) -> None:
    """Reserve an inbox for one type of campaign, or lift that."""
    with changing(asker, account_id) as (session, account):
        write_down(session, asker, account, Restrict(restriction).make(session, account))


def switch_rotation(asker: Asker, account_id: int, *, is_active: bool) -> None:
    """Take an inbox out of rotation or put it back. Its history and its sign-in stay as they are."""
    with changing(asker, account_id) as (session, account):
        change = Rotation(is_active, now(), asker.name)
        write_down(session, asker, account, change.make(session, account))


def remove_account(asker: Asker, account_id: int) -> bool:
    """Remove an account: its passwords and tokens go at once, its history stays for 30 days.

    False when Google should have been told that it is allowed nothing here any more, and could not be.
    """
    with changing(asker, account_id) as (session, account):
        account.removed_at = now()
        session.execute(sa.delete(MailServer).where(MailServer.account_id == account_id))
        token = forget_grant(session, asker.workspace_id, account_id)
        session.execute(
            sa.update(ConnectionTest)
            .where(ConnectionTest.account_id == account_id, ConnectionTest.state.in_(UNDER_WAY))
            .values(state=State.STOPPED, finished_at=now(), owner=None)
        )
        session.execute(
            sa.update(ConnectionTest)
            .where(ConnectionTest.account_id == account_id)
            .values(sealed_smtp_password=None, sealed_imap_password=None)
        )
        bring_forward(session, asker.workspace_id, account_id)  # what waits here ends, and says why
        record(session, account, "removed", "Account removed", tone=EventTone.WARN, actor=asker.name)
        note_change(session, asker, account, Action.ACCOUNT_REMOVED)
    db.session.remove()
    return token is None or tell(token)


def write_down(session: Session, asker: Asker, account: EmailAccountHealth, said: Said | None) -> bool:
    """Give a change its lines in both logs, within the caller's transaction; False where nothing was changed."""
    if said is None:
        return False
    decided = Decided(*said.turn, f"{asker.name} decided it", {}) if said.turn else None
    record(session, account, said.kind, said.sentence, actor=asker.name, decided=decided)
    note_change(session, asker, account, Action.ACCOUNT_CHANGED, **said.details)
    return True


def note_change(
    session: Session,
    asker: Asker,
    account: EmailAccountHealth,
    action: Action = Action.ACCOUNT_CHANGED,
    **details: str,
) -> None:
    """Add a line about an account to the audit log, within the caller's transaction; campaigns may want it now."""
    on = audit.Object("email_account", account.id, account.email)
    audit.record(session, action, workspace_id=asker.workspace_id, asker=asker, on=on, **details)
    session.flush()
    wake_campaigns(session, asker.workspace_id, [account.id])


@contextmanager
def changing(asker: Asker, account_id: int) -> Iterator[tuple[Session, EmailAccountHealth]]:
    """The account inside a write transaction; on Postgres its row is locked as well. Raises NoSuchAccount."""
    with transaction() as session:
        account = session.scalar(
            sa.select(EmailAccountHealth)
            .where(
                EmailAccountHealth.workspace_id == asker.workspace_id,
                EmailAccountHealth.id == account_id,
                EmailAccountHealth.removed_at.is_(None),
            )
            .options(selectinload(EmailAccountHealth.domain))
            .with_for_update()
        )
        if account is None:
            raise NoSuchAccount("This account no longer exists.")
        yield session, account
