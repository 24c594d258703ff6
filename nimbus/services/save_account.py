"""What a connection test does to an account: makes it, restores it, renews it, or marks a leg that failed."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import local_day, now
from nimbus.database import insert_or
from nimbus.models import (
    ConnectionTest,
    DomainHealth,
    EmailAccountHealth,
    EventTone,
    InboxDay,
    MailServer,
    User,
    Workspace,
)
from nimbus.providers.errors import ProviderError
from nimbus.rules.connection_failure import FailureCode, explain
from nimbus.rules.connection_test import Leg, Purpose
from nimbus.rules.mail_settings import MailSettings
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.rules.send_limits import starting_limit
from nimbus.security.workspace_keys import vault_of
from nimbus.services.account_log import record

_LOG_LINES = {
    Purpose.CONNECT: ("connected", "Connected over SMTP and IMAP"),
    Purpose.RECONNECT: ("reconnected", "Connected again with new settings"),
    Purpose.RETEST: ("test_passed", "Connection test passed"),
}
_SIGN_IN_FAILURES = frozenset(
    {FailureCode.AUTH_FAILED, FailureCode.APP_PASSWORD, FailureCode.USE_OAUTH, FailureCode.PASSWORD_EXPIRED}
)


def save_account(session: Session, test: ConnectionTest, folders: Sequence[str]) -> EmailAccountHealth:
    """The account of a passed test, within the caller's transaction."""
    settings = MailSettings.from_dict(test.settings)
    account = _account(session, test, settings)
    vault = vault_of(session, test.workspace_id)
    for leg in Leg:
        server = _server(account, settings, leg, folders)
        password = vault.open(test.sealed(leg), owner=test.vault_owner, field=f"{leg}_password")
        server.sealed_password = vault.seal(password, owner=server.vault_owner, field="password")
        session.merge(server)
    account.connection_state = ConnectionState.OK
    kind, sentence = _LOG_LINES[Purpose(test.purpose)]
    if account.removed_at is not None:
        account.removed_at = None
        sentence = "Connected again; its history is kept"
    record(session, account, kind, sentence, tone=EventTone.OK, actor=_actor(session, test))
    _count_test_message(session, test, account)
    return account


def save_folder(session: Session, test: ConnectionTest, folders: Sequence[str]) -> None:
    """Replies are read from another folder from now on; it was opened a moment ago."""
    account = _tested_account(session, test)
    if account is None:
        return
    server = session.get_one(MailServer, (account.id, str(Leg.IMAP)))
    server.folder, server.folders = test.settings["imap_folder"], list(folders)
    server.checked_at, server.failure_code, server.failure_detail = now(), None, {}
    sentence = f"Replies are read from {server.folder}"
    record(session, account, "folder", sentence, tone=EventTone.OK, actor=_actor(session, test))


def mark_failure(session: Session, test: ConnectionTest, error: ProviderError) -> None:
    """A leg of an account that was tested again does not work; its page and its state say so."""
    account = _tested_account(session, test)
    if account is None:
        return
    server = session.get_one(MailServer, (account.id, str(error.leg)))
    server.checked_at, server.failure_code, server.failure_detail = now(), error.code, dict(error.detail)
    if error.leg == Leg.SMTP:
        refused = error.code in _SIGN_IN_FAILURES
        account.connection_state = ConnectionState.AUTH_FAILED if refused else ConnectionState.DISCONNECTED
    attempted = MailSettings.from_dict(test.settings).attempted(error.leg)
    direction = "Sending" if error.leg == Leg.SMTP else "Replies"
    title = explain(error.code, attempted, error.detail).title
    sentence = f"Connection test failed. {direction}: {title}"
    record(session, account, "test_failed", sentence, tone=EventTone.BAD, actor=_actor(session, test))
    _count_test_message(session, test, account)


def _tested_account(session: Session, test: ConnectionTest) -> EmailAccountHealth | None:
    return session.scalar(
        sa.select(EmailAccountHealth).where(
            EmailAccountHealth.workspace_id == test.workspace_id,
            EmailAccountHealth.id == test.account_id,
            EmailAccountHealth.removed_at.is_(None),
        )
    )


def _account(session: Session, test: ConnectionTest, settings: MailSettings) -> EmailAccountHealth:
    domain_id = _domain_id(session, test.workspace_id, settings.domain)
    account = session.scalar(
        sa.select(EmailAccountHealth).where(
            EmailAccountHealth.workspace_id == test.workspace_id, EmailAccountHealth.email == settings.email
        )
    )
    if account is None:
        account = EmailAccountHealth(
            workspace_id=test.workspace_id,
            email=settings.email,
            provider=Provider.SMTP_IMAP,
            daily_send_limit=starting_limit(Provider.SMTP_IMAP, settings.domain),
            created_at=now(),
        )
        session.add(account)
    account.display_name = settings.display_name
    account.domain_id = domain_id
    session.flush()
    return account


def _domain_id(session: Session, workspace_id: int, name: str) -> int:
    """The domain's one row in this workspace; a second mailbox of a domain finds the first one's."""
    session.execute(
        insert_or(session, DomainHealth)
        .values(workspace_id=workspace_id, name=name, created_at=now())
        .on_conflict_do_nothing(index_elements=["workspace_id", "name"])
    )
    return session.scalars(
        sa.select(DomainHealth.id).where(DomainHealth.workspace_id == workspace_id, DomainHealth.name == name)
    ).one()


def _server(
    account: EmailAccountHealth, settings: MailSettings, leg: Leg, folders: Sequence[str]
) -> MailServer:
    """One leg as it just passed, still without its password."""
    address = settings.server(leg)
    return MailServer(
        workspace_id=account.workspace_id,
        account_id=account.id,
        leg=leg,
        host=address.host,
        port=address.port,
        security=address.security,
        username=address.username,
        allow_old_tls=settings.allow_old_tls,
        allow_unverified=settings.allow_unverified,
        folder=settings.imap_folder if leg == Leg.IMAP else None,
        folders=list(folders) if leg == Leg.IMAP else [],
        checked_at=now(),
        failure_code=None,
        failure_detail={},
    )


def _count_test_message(session: Session, test: ConnectionTest, account: EmailAccountHealth) -> None:
    """A test message that was accepted left through this inbox, so it counts in the day's sends."""
    if test.handed_over_at is None:
        return
    timezone = session.scalars(sa.select(Workspace.timezone).where(Workspace.id == test.workspace_id)).one()
    session.execute(
        insert_or(session, InboxDay)
        .values(
            workspace_id=test.workspace_id,
            account_id=account.id,
            day=local_day(test.handed_over_at, timezone),
            sent=1,
            reserved=0,
        )
        .on_conflict_do_update(index_elements=["account_id", "day"], set_={"sent": InboxDay.sent + 1})
    )


def _actor(session: Session, test: ConnectionTest) -> str | None:
    return session.scalar(sa.select(User.name).where(User.id == test.user_id))
