"""Starting, changing and stopping connection tests. No account row exists before a test has passed."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth, MailServer
from nimbus.models.base import table_of
from nimbus.models.connection_test import vault_owner
from nimbus.rules.connection_test import (
    REPLY_SECONDS,
    SECRETS_KEPT_SECONDS,
    UNDER_WAY,
    Leg,
    Purpose,
    State,
)
from nimbus.rules.mail_settings import MailSettings
from nimbus.security.held_keys import hold_vault
from nimbus.security.vault import Vault
from nimbus.services.account_limits import expect_room
from nimbus.services.asker import Asker
from nimbus.services.live_place import refuse_copies
from nimbus.services.prepared import writing_in

_ADD = sa.insert(table_of(ConnectionTest)).returning(table_of(ConnectionTest).c.id)
_CONNECTED = sa.select(EmailAccountHealth.id).where(
    EmailAccountHealth.workspace_id == sa.bindparam("of_workspace"),
    EmailAccountHealth.email == sa.bindparam("of_email"),
    EmailAccountHealth.removed_at.is_(None),
)


class AlreadyConnected(NimbusError):
    """The address belongs to an account of this workspace."""

    def __init__(self, account_id: int) -> None:
        super().__init__("This address is connected already.")
        self.account_id = account_id


class PasswordNeeded(NimbusError):
    """No password was typed and none is kept for this leg."""

    def __init__(self, leg: Leg) -> None:
        super().__init__("Enter the password.")
        self.leg = leg


@dataclass(frozen=True, slots=True)
class KeptSecrets:
    """Which legs of an earlier test still have their password sealed, and until when."""

    legs: frozenset[Leg]
    until: datetime


def find_test(workspace_id: int, test_id: int) -> ConnectionTest | None:
    """A connection test of this workspace."""
    return db.session.scalar(
        sa.select(ConnectionTest).where(
            ConnectionTest.workspace_id == workspace_id, ConnectionTest.id == test_id
        )
    )


def kept_secrets(asker: Asker, test: ConnectionTest) -> KeptSecrets:
    """What an earlier test of the same person still keeps; nothing after 15 minutes."""
    alive = test.user_id == asker.user_id and test.secrets_until > now()
    legs = {leg for leg in Leg if test.sealed(leg)} if alive else set()
    return KeptSecrets(frozenset(legs), test.secrets_until)


def start_test(
    asker: Asker,
    settings: MailSettings,
    typed: Mapping[Leg, str],
    *,
    purpose: Purpose = Purpose.CONNECT,
    account_id: int | None = None,
    kept_from: int | None = None,
) -> int:
    """Store a test with its passwords sealed, and ring for a worker. Returns the test's id.

    A leg without a typed password takes the one kept by `kept_from`, else the account's own; no other is opened.
    Raises AlreadyConnected, AccountLimitReached, or PasswordNeeded when a leg has no password.
    """
    refuse_copies()
    with transaction() as session:
        if purpose == Purpose.CONNECT:
            _refuse_connected(session, asker.workspace_id, settings.email)
            expect_room(session, asker.workspace_id, settings.email)
        vault = hold_vault(session, asker.workspace_id)
        missing = {leg for leg in Leg if not typed.get(leg)}
        passwords = _stored_passwords(session, vault, settings, account_id=account_id, legs=missing)
        passwords |= _kept_passwords(session, vault, asker, test_id=kept_from, legs=missing)
        passwords |= {leg: typed[leg] for leg in Leg if leg not in missing}
        row: dict[str, Any] = {
            "workspace_id": asker.workspace_id,
            "user_id": asker.user_id,
            "account_id": account_id,
            "asked_from": asker.address,
            "purpose": purpose,
            "settings": settings.as_dict(),
            "secrets_until": now() + timedelta(seconds=SECRETS_KEPT_SECONDS),
            "created_at": now(),
            "progress": [],
            "failure_detail": {},
        }
        (test,) = writing_in(session).rows(_ADD, row | _signed_and_sealed(vault, passwords))
        ring_after_commit(session, queues.VERIFY_CONNECTION, asker.workspace_id, test.id)
        return int(test.id)


def start_account_test(
    asker: Asker, account: EmailAccountHealth, *, purpose: Purpose, changes: Mapping[str, Any] | None = None
) -> int:
    """Test an account with the settings and passwords it has, or with another folder."""
    settings = account_settings(account).changed(changes or {})
    return start_test(asker, settings, {}, purpose=purpose, account_id=account.id)


def apply_fix(asker: Asker, test: ConnectionTest, changes: Mapping[str, Any]) -> int:
    """Test again with some settings changed and nothing retyped. Raises PasswordNeeded after 15 minutes."""
    settings = MailSettings.from_dict(test.settings).changed(changes)
    return start_test(
        asker,
        settings,
        {},
        purpose=Purpose(test.purpose),
        account_id=test.account_id,
        kept_from=test.id,
    )


def probe_replies(asker: Asker, test: ConnectionTest) -> int:
    """Try the IMAP leg alone after sending failed; saves nothing."""
    settings = MailSettings.from_dict(test.settings)
    return start_test(asker, settings, {}, purpose=Purpose.PROBE, kept_from=test.id)


def wait_longer(asker: Asker, test_id: int) -> bool:
    """Look another 90 s for a test message that did not arrive. False when that is no longer possible."""
    refuse_copies()
    moment = now()
    with transaction() as session:
        again = session.execute(
            sa.update(ConnectionTest)
            .where(
                ConnectionTest.workspace_id == asker.workspace_id,
                ConnectionTest.id == test_id,
                ConnectionTest.user_id == asker.user_id,
                ConnectionTest.state == State.FAILED,
                ConnectionTest.failure_code == "no_reply_seen",
                ConnectionTest.secrets_until > moment,
            )
            .values(
                state=State.WAITING,
                wait_until=moment + timedelta(seconds=REPLY_SECONDS),
                next_look_at=moment,
                finished_at=None,
                failure_leg=None,
                failure_step=None,
                failure_code=None,
            )
        )
        ring_after_commit(session, queues.VERIFY_CONNECTION, asker.workspace_id, test_id)
        return bool(again.rowcount == 1)  # type: ignore[attr-defined]


def stop_test(asker: Asker, test_id: int) -> None:
    """Stop a test that is under way; the worker notices at its next step and saves nothing."""
    with transaction() as session:
        session.execute(
            sa.update(ConnectionTest)
            .where(
                ConnectionTest.workspace_id == asker.workspace_id,
                ConnectionTest.id == test_id,
                ConnectionTest.state.in_(UNDER_WAY),
            )
            .values(state=State.STOPPED, finished_at=now(), owner=None)
        )


def account_settings(account: EmailAccountHealth) -> MailSettings:
    """The settings of a connected account, as its form shows them. Its servers must be loaded."""
    values: dict[str, Any] = {"email": account.email, "display_name": account.display_name}
    for server in account.servers:
        prefix = server.leg
        values |= {
            f"{prefix}_host": server.host,
            f"{prefix}_port": server.port,
            f"{prefix}_security": server.security,
            f"{prefix}_username": server.username,
            "allow_old_tls": server.allow_old_tls,
            "allow_unverified": server.allow_unverified,
        }
        if server.leg == Leg.IMAP:
            values["imap_folder"] = server.folder
    return MailSettings(**values)


def _refuse_connected(session: Session, workspace_id: int, email: str) -> None:
    there = writing_in(session).rows(_CONNECTED, {"of_workspace": workspace_id, "of_email": email})
    if there:
        raise AlreadyConnected(there[0].id)


def _signed_and_sealed(vault: Vault, passwords: Mapping[Leg, str]) -> dict[str, str]:
    """A new test's nonce, signed, and both passwords sealed for its row; PasswordNeeded for one that is missing."""
    nonce = secrets.token_hex(16)
    columns = {"nonce": nonce, "signature": vault.sign(nonce, purpose="connection test")}
    for leg in Leg:
        if leg not in passwords:
            raise PasswordNeeded(leg)
        field = f"{leg}_password"
        columns[f"sealed_{field}"] = vault.seal(passwords[leg], owner=vault_owner(nonce), field=field)
    return columns


def _kept_passwords(
    session: Session, vault: Vault, asker: Asker, *, test_id: int | None, legs: set[Leg]
) -> dict[Leg, str]:
    test = session.get(ConnectionTest, test_id) if test_id else None
    if test is None or test.workspace_id != asker.workspace_id:
        return {}
    return {
        leg: vault.open(test.sealed(leg), owner=test.vault_owner, field=f"{leg}_password")
        for leg in kept_secrets(asker, test).legs & legs
    }


def _stored_passwords(
    session: Session,
    vault: Vault,
    settings: MailSettings,
    *,
    account_id: int | None,
    legs: set[Leg],
) -> dict[Leg, str]:
    """An account's own passwords, for the legs whose host and user are the same.

    Elsewhere the password must be typed: a stored one is never sent to a host that was changed since.
    """
    if account_id is None:
        return {}
    servers = session.scalars(
        sa.select(MailServer).where(
            MailServer.workspace_id == vault.workspace_id,
            MailServer.account_id == account_id,
            MailServer.leg.in_(legs),
        )
    )
    passwords = {}
    for server in servers:
        wanted = settings.server(Leg(server.leg))
        if (wanted.host, wanted.username) == (server.host, server.username):
            passwords[Leg(server.leg)] = vault.open(
                server.sealed_password, owner=server.vault_owner, field="password"
            )
    return passwords
