"""What a connection test of an account that exists tells its page: another folder, or a leg that does not work."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import local_day, now
from nimbus.models import ConnectionTest, EmailAccountHealth, EventTone, MailServer
from nimbus.providers.errors import ProviderError
from nimbus.rules.audit import Action
from nimbus.rules.connection_failure import FailureCode, explain
from nimbus.rules.connection_test import Leg
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.mail_settings import MailSettings
from nimbus.rules.providers import ConnectionState
from nimbus.services import audit
from nimbus.services.account_log import record
from nimbus.services.prepared import writing_in
from nimbus.services.record_outcome import Fact, record_fact
from nimbus.services.save_account import count_test_message, doer, whose
from nimbus.services.wake_sync import wake_sync

_SIGN_IN_FAILURES = frozenset(
    {FailureCode.AUTH_FAILED, FailureCode.APP_PASSWORD, FailureCode.USE_OAUTH, FailureCode.PASSWORD_EXPIRED}
)


def save_folder(session: Session, test: ConnectionTest) -> None:
    """Replies are read from another folder from now on; it was opened a moment ago."""
    account = _tested_account(session, test)
    if account is None:
        return
    server = session.get_one(MailServer, (account.id, str(Leg.IMAP)))
    before = server.folder
    server.folder = test.settings["imap_folder"]
    server.checked_at, server.failure_code, server.failure_detail = now(), None, {}
    wake_sync(writing_in(session), account.id, now())
    asked = whose(session, test)
    sentence = f"Replies are read from {server.folder}"
    record(session, account, "folder", sentence, tone=EventTone.OK, actor=asked.name)
    audit.record(
        session,
        Action.ACCOUNT_CHANGED,
        workspace_id=test.workspace_id,
        asker=doer(test, asked),
        on=audit.Object("email_account", account.id, account.email),
        replies_folder=f"from {before} to {server.folder}",
    )


def mark_failure(
    session: Session, test: ConnectionTest, error: ProviderError, handed_over_at: datetime | None
) -> None:
    """A leg of an account that was tested again does not work; its page and its state say so."""
    account = _tested_account(session, test)
    if account is None:
        return
    server = session.get_one(MailServer, (account.id, str(error.leg)))
    server.checked_at, server.failure_code, server.failure_detail = now(), error.code, dict(error.detail)
    if error.leg == Leg.SMTP:
        refused = error.code in _SIGN_IN_FAILURES
        account.connection_state = ConnectionState.AUTH_FAILED if refused else ConnectionState.DISCONNECTED
        if not refused:
            trouble = Fact(test.workspace_id, account.id, EventKind.CONNECTION, f"test:{test.id}", now())
            record_fact(writing_in(session), trouble, detail=error.code)
    attempted = MailSettings.from_dict(test.settings).attempted(error.leg)
    direction = "Sending" if error.leg == Leg.SMTP else "Replies"
    sentence = f"Connection test failed. {direction}: {explain(error.code, attempted, error.detail).title}"
    asked = whose(session, test)
    record(session, account, "test_failed", sentence, tone=EventTone.BAD, actor=asked.name)
    if handed_over_at is not None:
        count_test_message(session, test, account.id, local_day(handed_over_at, asked.timezone))


def _tested_account(session: Session, test: ConnectionTest) -> EmailAccountHealth | None:
    return session.scalar(
        sa.select(EmailAccountHealth).where(
            EmailAccountHealth.workspace_id == test.workspace_id,
            EmailAccountHealth.id == test.account_id,
            EmailAccountHealth.removed_at.is_(None),
        )
    )
