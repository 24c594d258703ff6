"""The application that asks Google or Microsoft: a workspace's own, else the one that the settings give."""

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import ProviderApp
from nimbus.models.oauth import app_vault_owner
from nimbus.providers.contract import Hosts, OAuthApp, Secret
from nimbus.rules.audit import Action
from nimbus.rules.providers import PROVIDER_NAMES, Provider
from nimbus.security.held_keys import hold_vault
from nimbus.security.outbound import OutboundPolicy
from nimbus.security.vault import CannotOpenSecret
from nimbus.services import audit
from nimbus.services.asker import Asker
from nimbus.settings import current_settings

PATIENCE = 10.0  # seconds for each call of up to six that a page may need before it can answer


class SecretNeeded(NimbusError):
    """A client ID was changed and no secret for it was typed."""


class KnownApp(NamedTuple):
    """What pages show of an application; its secret is not among it. `changed_by` is empty for that of the settings."""

    client_id: str
    tenant: str
    audience: str
    changed_by: str = ""
    changed_at: datetime | None = None
    checked_at: datetime | None = None
    check: tuple[Any, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether the workspace entered it itself."""
        return self.changed_at is not None


def known_app(session: Session, workspace_id: int, provider: Provider) -> KnownApp | None:
    """The application that find_app would give, without opening its secret."""
    row = session.get(ProviderApp, (workspace_id, provider))
    if row is None:
        given = _of_settings(provider)
        return KnownApp(given.client_id, given.tenant, "") if given else None
    return KnownApp(
        row.client_id,
        row.tenant or "",
        row.audience or "",
        row.changed_by,
        row.changed_at,
        row.checked_at,
        tuple(row.check),
    )


def save_app(
    asker: Asker, provider: Provider, *, client_id: str, secret: str, tenant: str = "", audience: str = ""
) -> None:
    """Enter or change a workspace's own application. Without a secret the one that is there stays.

    Raises SecretNeeded when there is none, or when it belongs to another client ID.
    """
    with transaction() as session:
        row = session.get(ProviderApp, (asker.workspace_id, provider), with_for_update=True)
        if not secret and (row is None or row.client_id != client_id):
            raise SecretNeeded("Enter the client secret.")
        row = row or ProviderApp(workspace_id=asker.workspace_id, provider=provider)
        if secret:
            owner = app_vault_owner(asker.workspace_id, provider)
            vault = hold_vault(session, asker.workspace_id)
            row.sealed_client_secret = vault.seal(secret, owner=owner, field="client_secret")
        row.client_id, row.tenant, row.audience = client_id, tenant or None, audience or None
        row.changed_at, row.changed_by = now(), asker.name
        row.check, row.checked_at = [], None
        session.add(row)
        _audit(session, asker, provider, Action.APP_CHANGED, client_id=client_id)


def remove_app(asker: Asker, provider: Provider) -> None:
    """Forget a workspace's own application; accounts that it was allowed for cannot be renewed any more."""
    with transaction() as session:
        row = session.get(ProviderApp, (asker.workspace_id, provider), with_for_update=True)
        if row is not None:
            session.delete(row)
            _audit(session, asker, provider, Action.APP_REMOVED, client_id=row.client_id)


def keep_check(workspace_id: int, provider: Provider, steps: list[list[Any]]) -> None:
    """Remember how a workspace's own application was checked; that of the settings has no row for it."""
    with transaction() as session:
        session.execute(
            sa.update(ProviderApp)
            .where(ProviderApp.workspace_id == workspace_id, ProviderApp.provider == provider)
            .values(check=steps, checked_at=now())
        )


def _audit(session: Session, asker: Asker, provider: Provider, action: Action, **details: str) -> None:
    on = audit.Object("provider_app", provider, PROVIDER_NAMES[provider])
    audit.record(session, action, workspace_id=asker.workspace_id, asker=asker, on=on, **details)


def find_app(session: Session, workspace_id: int, provider: Provider) -> OAuthApp | None:
    """The application that new sign-ins of a workspace go through; None while there is none.

    Raises CannotOpenSecret or KeyFileProblem.
    """
    return _own(session, workspace_id, provider) or _of_settings(provider)


def app_of(session: Session, workspace_id: int, provider: Provider, client_id: str) -> OAuthApp | None:
    """The application that a grant was given to, which alone can renew it; None once it is no longer set up."""
    known = (_own(session, workspace_id, provider), _of_settings(provider))
    return next((app for app in known if app and app.client_id == client_id), None)


def current_hosts() -> Hosts:
    """Where the providers are, as the settings have it. Needs an application context."""
    given = current_settings()
    policy: OutboundPolicy = current_app.extensions["nimbus.outbound"]
    return Hosts(
        google_auth_url=given.google_auth_url,
        google_token_url=given.google_token_url,
        google_revoke_url=given.google_revoke_url,
        google_userinfo_url=given.google_userinfo_url,
        gmail_api_base=given.gmail_api_base,
        ms_login_base=given.ms_login_base,
        ms_graph_base=given.ms_graph_base,
        ca_file=str(given.ca_file) if given.ca_file else None,
        resolvers=tuple(policy.resolvers),
    )


def hosts_while_a_person_waits() -> Hosts:
    """The same, with less time for each call."""
    return replace(current_hosts(), call_seconds=PATIENCE)


def _own(session: Session, workspace_id: int, provider: Provider) -> OAuthApp | None:
    row = session.get(ProviderApp, (workspace_id, provider))
    if row is None:
        return None
    vault = hold_vault(session, workspace_id)
    try:
        secret = vault.open(row.sealed_client_secret, owner=row.vault_owner, field="client_secret")
    except CannotOpenSecret:
        raise CannotOpenSecret(
            f"The client secret of the app for {PROVIDER_NAMES[provider]} does not open with this workspace's key. "
            "Enter it again under Integrations."
        ) from None
    return _app(provider, row.client_id, secret, row.tenant)


def _of_settings(provider: Provider) -> OAuthApp | None:
    given = current_settings()
    if provider is Provider.GMAIL:
        return _app(provider, given.google_client_id, given.google_client_secret)
    if provider is Provider.MICROSOFT:
        return _app(
            provider, given.microsoft_client_id, given.microsoft_client_secret, given.microsoft_tenant
        )
    return None


def _app(
    provider: Provider, client_id: str | None, secret: str | None, tenant: str | None = None
) -> OAuthApp | None:
    if not client_id or not secret:
        return None
    tenant = tenant or ("common" if provider is Provider.MICROSOFT else "")
    return OAuthApp(provider=provider, client_id=client_id, client_secret=Secret(secret), tenant=tenant)
