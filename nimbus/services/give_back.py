"""Giving a permission back to its provider, unless something else here still lives on it.

Google ends everything that a person has allowed an application at once (`providers.md` 1.4). So it is asked to only
when no other account, in any workspace, was allowed by the same person.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthGrant
from nimbus.providers import oauth
from nimbus.providers.contract import OAuthApp, Secret, Tokens
from nimbus.providers.errors import GrantRefused
from nimbus.rules.providers import Provider
from nimbus.security.held_keys import hold_vault
from nimbus.security.vault import CannotOpenSecret
from nimbus.services.provider_apps import hosts_while_a_person_waits


def give_back_tokens(app: OAuthApp, tokens: Tokens) -> None:
    """Give back tokens that are not going to be kept; nothing where nobody knows whose they are."""
    if app.provider is not Provider.GMAIL or tokens.refresh is None:
        return
    try:
        subject = oauth.subject_of(hosts_while_a_person_waits(), tokens.access)
    except GrantRefused:
        return
    in_use = _is_in_use(db.session(), app.client_id, subject)
    db.session.remove()
    if not in_use:
        tell(tokens.refresh)


def forget_grant(session: Session, workspace_id: int, account_id: int) -> Secret | None:
    """Delete an account's tokens within the caller's transaction; the one to tell Google of afterwards, if any."""
    grant = session.get(OAuthGrant, account_id)
    if grant is None or grant.workspace_id != workspace_id:
        return None
    token = None
    if grant.provider == Provider.GMAIL and grant.failure_code is None and grant.sealed_refresh_token:
        token = _opened(session, grant)
    session.delete(grant)
    session.flush()
    return None if _is_in_use(session, grant.client_id, grant.subject) else token


def tell(token: Secret) -> bool:
    """Tell Google that a permission is not used any more; whether it heard of it."""
    try:
        oauth.revoke(hosts_while_a_person_waits(), Provider.GMAIL, token)
    except GrantRefused:
        return False
    return True


def _is_in_use(session: Session, client_id: str, subject: str) -> bool:
    return bool(
        session.scalar(
            sa.select(
                sa.exists().where(
                    OAuthGrant.client_id == client_id,
                    OAuthGrant.subject == subject,
                    OAuthGrant.failure_code.is_(None),
                    EmailAccountHealth.id == OAuthGrant.account_id,
                    EmailAccountHealth.removed_at.is_(None),
                )
            )
        )
    )


def _opened(session: Session, grant: OAuthGrant) -> Secret | None:
    try:
        vault = hold_vault(session, grant.workspace_id)
        return Secret(
            vault.open(grant.sealed_refresh_token or "", owner=grant.vault_owner, field="refresh_token")
        )
    except CannotOpenSecret:
        return None  # nothing that could be told; the account goes all the same
