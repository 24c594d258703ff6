"""A workspace full of secrets, each different, and whether all of them open."""

from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    ConnectionTest,
    EmailAccountHealth,
    KeyRotation,
    MailServer,
    OAuthGrant,
    ProviderApp,
    WorkspaceKey,
)
from nimbus.models.connection_test import vault_owner as owner_in_test
from nimbus.models.mail_server import vault_owner as owner_on_server
from nimbus.models.oauth import app_vault_owner, grant_vault_owner
from nimbus.models.sealed_columns import SEALED
from nimbus.rules.connection_test import Leg
from nimbus.security.held_keys import hold_vault
from tests.factories import mail_settings, make_domain


def fill(workspace_id, user_id, accounts, *, tests=3) -> dict[tuple, str]:
    """Make this many accounts, and some tests that keep what was typed; the secret of each place, by its address.

    Every tenth account lives on a grant as well, and with tests comes the workspace's own app at a provider.
    """
    domain_id = make_domain(workspace_id)
    with transaction() as session:
        vault = hold_vault(session, workspace_id)
        first = session.scalar(sa.select(sa.func.coalesce(sa.func.max(EmailAccountHealth.id), 0))) + 1
        ids = range(first, first + accounts)
        session.execute(
            sa.insert(EmailAccountHealth),
            [_account(workspace_id, domain_id, number) for number in ids],
        )
        session.execute(
            sa.insert(MailServer),
            [_server(workspace_id, vault, number, leg) for number in ids for leg in Leg],
        )
        session.execute(sa.insert(OAuthGrant), [_grant(workspace_id, vault, number) for number in ids[::10]])
        if tests:
            session.execute(
                sa.insert(ConnectionTest), [_test(workspace_id, user_id, vault, n) for n in range(tests)]
            )
            session.execute(sa.insert(ProviderApp), _app(workspace_id, vault))
    if db.engine.dialect.name == "postgresql":  # ids were given by hand
        with transaction() as session:
            sequence = "pg_get_serial_sequence('email_account_health', 'id')"
            session.execute(sa.text(f"SELECT setval({sequence}, {first + accounts})"))
    return everything(workspace_id)


def everything(workspace_id) -> dict[tuple, str]:
    """Open every secret of a workspace; CannotOpenSecret when one does not."""
    with transaction() as session:
        vault = hold_vault(session, workspace_id)
        return {
            (sealed.column.name, *row[: len(sealed.key)]): vault.open(
                sealed.value_of(row), owner=sealed.owner_of(row), field=sealed.field
            )
            for sealed in SEALED
            for row in session.execute(sealed.not_under("", workspace_id))
        }


def keys_named(workspace_id) -> set[str]:
    """The ids of the keys that sealed values name."""
    return {
        value.partition(":")[0]
        for sealed in SEALED
        for value in db.session.scalars(sealed.values(workspace_id))
    }


def keys_of(workspace_id) -> list[str]:
    """The ids of a workspace's keys, oldest first."""
    db.session.rollback()
    return list(
        db.session.scalars(
            sa.select(WorkspaceKey.id)
            .where(WorkspaceKey.workspace_id == workspace_id)
            .order_by(WorkspaceKey.created_at)
        )
    )


def rotation_of(workspace_id):
    """The newest rotation of a workspace as the database has it, or None."""
    db.session.rollback()
    return db.session.execute(
        sa.select(*KeyRotation.__table__.c)
        .where(KeyRotation.workspace_id == workspace_id)
        .order_by(KeyRotation.id.desc())
        .limit(1)
    ).one_or_none()


def damage(workspace_id, **where) -> None:
    """Make stored passwords unreadable: those of all servers, or of these."""
    matches = [getattr(MailServer, name) == value for name, value in where.items()]
    with transaction() as session:
        session.execute(
            sa.update(MailServer)
            .where(MailServer.workspace_id == workspace_id, *matches)
            .values(sealed_password=sa.func.substr(MailServer.sealed_password, 1, 60))
        )


def secret(place) -> str:
    return f"the secret of {place}"


def _account(workspace_id, domain_id, number) -> dict[str, object]:
    return {
        "id": number,
        "workspace_id": workspace_id,
        "domain_id": domain_id,
        "email": f"person{number}@acme.test",
        "display_name": "",
        "provider": "smtp_imap",
        "daily_send_limit": 20,
        "created_at": now(),
    }


def _server(workspace_id, vault, account_id, leg) -> dict[str, object]:
    owner = owner_on_server(account_id, leg)
    return {
        "workspace_id": workspace_id,
        "account_id": account_id,
        "leg": leg,
        "host": f"{leg}.acme.test",
        "port": 465,
        "security": "ssl",
        "username": f"person{account_id}@acme.test",
        "sealed_password": vault.seal(secret((account_id, leg)), owner=owner, field="password"),
        "checked_at": now(),
    }


def _grant(workspace_id, vault, account_id) -> dict[str, object]:
    owner = grant_vault_owner(account_id)
    tokens = {
        f"sealed_{field}": vault.seal(secret((account_id, field)), owner=owner, field=field)
        for field in ("access_token", "refresh_token")
    }
    times = dict.fromkeys(("access_until", "granted_at", "refreshed_at"), now())
    return (
        tokens
        | times
        | {
            "workspace_id": workspace_id,
            "account_id": account_id,
            "provider": "gmail",
            "client_id": "1.apps.test",
            "subject": str(account_id),
            "scopes": "openid",
        }
    )


def _app(workspace_id, vault) -> dict[str, object]:
    owner = app_vault_owner(workspace_id, "gmail")
    return {
        "workspace_id": workspace_id,
        "provider": "gmail",
        "client_id": "1.apps.test",
        "sealed_client_secret": vault.seal(secret((workspace_id, "app")), owner=owner, field="client_secret"),
        "changed_at": now(),
        "changed_by": "Ada",
    }


def _test(workspace_id, user_id, vault, number) -> dict[str, object]:
    nonce = f"{workspace_id:016x}{number:016x}"
    kept = {
        f"sealed_{leg}_password": vault.seal(
            secret((nonce, leg)), owner=owner_in_test(nonce), field=f"{leg}_password"
        )
        for leg in Leg
    }
    return kept | {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "purpose": "connect",
        "state": "failed",
        "settings": mail_settings().as_dict(),
        "secrets_until": now() + timedelta(minutes=15),
        "nonce": nonce,
        "signature": "0" * 32,
        "created_at": now(),
    }
