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
from nimbus.models import ConnectionTest, EmailAccountHealth, EventTone, MailServer, Workspace
from nimbus.rules.audit import Action
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.connection_test import UNDER_WAY, State
from nimbus.rules.limit_ramp import LimitMode
from nimbus.rules.providers import Provider
from nimbus.services import audit
from nimbus.services.account_log import Decided, record
from nimbus.services.asker import Asker
from nimbus.services.give_back import forget_grant, tell
from nimbus.services.sender_turn import bring_forward
from nimbus.services.todays_limit import ceiling_of, set_todays_limit

HISTORY_KEPT = timedelta(days=30)

_RESTRICTION_SENTENCES = {
    Restriction.ANY: "May be used for any campaign",
    Restriction.COLD_OUTREACH: "Reserved for cold outreach",
    Restriction.NURTURE: "Reserved for nurture",
}


class NoSuchAccount(NimbusError):
    """There is no connected account with this id in this workspace."""


class LimitTooHigh(NimbusError):
    """The number is above what the provider lets this mailbox send."""


class ChangedMeanwhile(NimbusError):
    """Somebody else saved another value since the form was opened."""

    def __init__(self, current: int) -> None:
        super().__init__(f"Somebody changed this to {current} meanwhile. Save again to replace it.")
        self.current = current


def change_limit(asker: Asker, account_id: int, limit: int, *, seen: int | None) -> None:
    """Set the daily send limit. Raises LimitTooHigh, or ChangedMeanwhile unless it still is what was `seen`."""
    with changing(asker, account_id) as (session, account):
        cap = ceiling_of(account, account.domain.name)
        if limit > cap:
            raise LimitTooHigh(f"{_mailboxes(account)} are capped at {cap} mails a day. Enter {cap} or less.")
        before = account.daily_send_limit
        if seen is not None and seen != before:
            raise ChangedMeanwhile(before)
        if before != limit:
            account.daily_send_limit, account.limit_mode = limit, LimitMode.MANUAL
            set_todays_limit(account, session.get_one(Workspace, asker.workspace_id).timezone)
            sentence = f"Daily limit changed from {before} to {limit}"
            decided = Decided(str(before), str(limit), f"{asker.name} decided it", {})
            record(session, account, "limit", sentence, actor=asker.name, decided=decided)
            note_change(session, asker, account, daily_limit=f"from {before} to {limit}")


def change_priority(asker: Asker, account_id: int, priority: int) -> None:
    """Set the rotation priority, 1 to 1000; lower goes first."""
    with changing(asker, account_id) as (session, account):
        before = account.rotation_priority
        if before != priority:
            account.rotation_priority = priority
            sentence = f"Rotation priority changed from {before} to {priority}"
            record(session, account, "priority", sentence, actor=asker.name)
            note_change(session, asker, account, rotation_priority=f"from {before} to {priority}")


def restrict(asker: Asker, account_id: int, restriction: Restriction) -> None:
    """Reserve an inbox for one type of campaign, or lift that."""
    with changing(asker, account_id) as (session, account):
        if account.restriction != restriction:
            account.restriction = restriction
            record(session, account, "restriction", _RESTRICTION_SENTENCES[restriction], actor=asker.name)
            note_change(session, asker, account, used_for=restriction.replace("_", " "))


def switch_rotation(asker: Asker, account_id: int, *, is_active: bool) -> None:
    """Take an inbox out of rotation or put it back. Its history and its sign-in stay as they are."""
    with changing(asker, account_id) as (session, account):
        if account.is_active == is_active:
            return
        account.is_active = is_active
        account.is_active_changed_at = now()
        account.is_active_changed_by = asker.name
        sentence = "Put back into rotation" if is_active else "Taken out of rotation"
        record(session, account, "rotation", sentence, actor=asker.name)
        note_change(session, asker, account, rotation="put back" if is_active else "taken out")


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


def note_change(
    session: Session,
    asker: Asker,
    account: EmailAccountHealth,
    action: Action = Action.ACCOUNT_CHANGED,
    **details: str,
) -> None:
    """Add a line about an account to the audit log, within the caller's transaction."""
    on = audit.Object("email_account", account.id, account.email)
    audit.record(session, action, workspace_id=asker.workspace_id, asker=asker, on=on, **details)


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


def _mailboxes(account: EmailAccountHealth) -> str:
    if account.provider == Provider.SMTP_IMAP:
        return f"Mailboxes at {account.domain.name}"
    return "Mailboxes of this provider"
