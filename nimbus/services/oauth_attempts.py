"""The way to a provider and back, each good for once: where it leads, and who may come back on it.

What belongs to a way travels in its state, sealed for the session, the workspace and the provider that it began in; so
following the link to the provider writes nothing. Coming back writes the row that makes the state worthless.
"""

import json
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthAttempt, OAuthGrant
from nimbus.providers import oauth
from nimbus.rules.oauth import ATTEMPT_LASTS, OAuthPurpose, may_engage
from nimbus.rules.providers import COMPANIES, Provider
from nimbus.security.held_keys import hold_vault
from nimbus.security.vault import CannotOpenSecret
from nimbus.services.asker import Asker
from nimbus.services.live_place import refuse_copies
from nimbus.services.provider_apps import current_hosts, find_app
from nimbus.services.update_account import NoSuchAccount
from nimbus.settings import current_settings

GIVEN_UP_AFTER = timedelta(minutes=2)  # longer than a provider may take: nobody works on it any more
ADMIN_STATE = "admin"  # an administrator comes back with nothing that has to be proved
_FIELD = "state"


class Way(NamedTuple):
    """What was asked for when somebody left; `account_id` is the account that it is about, if there is one."""

    purpose: OAuthPurpose
    account_id: int | None
    client_id: str
    verifier: str


def redirect_uri(provider: Provider) -> str:
    """Where the provider sends people back to, as it has to be registered there."""
    return f"{current_settings().base_url}/oauth/{COMPANIES[provider].lower()}/callback"


def way_there(
    asker: Asker,
    provider: Provider,
    *,
    session_hash: str,
    account_id: int | None = None,
    engage: bool = False,
) -> str | None:
    """The provider's page where a person allows what is needed; None while no application is set up.

    With an account, signing in there repairs it, or lets it be engaged with. Raises NoSuchAccount, SendsNothing.
    """
    refuse_copies()
    session = db.session()
    app = find_app(session, asker.workspace_id, provider)
    if app is None:
        return None
    purpose, address = OAuthPurpose.CONNECT, ""
    if account_id is not None:
        address, engaged = _account(asker.workspace_id, provider, account_id)
        purpose = OAuthPurpose.ENGAGE if engage or engaged else OAuthPurpose.REAUTHORIZE
    verifier = secrets.token_urlsafe(48)
    way = {"p": purpose, "a": account_id, "c": app.client_id, "v": verifier, "t": now().isoformat()}
    vault = hold_vault(session, asker.workspace_id)
    return oauth.authorization_url(
        current_hosts(),
        app,
        purpose=purpose,
        state=vault.seal(json.dumps(way), owner=_owner(session_hash, provider), field=_FIELD),
        challenge=create_s256_code_challenge(verifier),
        redirect_uri=redirect_uri(provider),
        login_hint=address,
    )


def admin_link(workspace_id: int) -> str | None:
    """The link by which an administrator of an organisation allows the Microsoft app for everybody in it."""
    app = find_app(db.session(), workspace_id, Provider.MICROSOFT)
    if app is None:
        return None
    uri = redirect_uri(Provider.MICROSOFT)
    return oauth.admin_consent_url(current_hosts(), app, state=ADMIN_STATE, redirect_uri=uri)


def open_way(asker: Asker, provider: Provider, *, session_hash: str, state: str) -> Way | None:
    """What a state holds; None unless this session got it, in this workspace and for this provider, 10 minutes ago."""
    try:
        vault = hold_vault(db.session(), asker.workspace_id)
        known = json.loads(vault.open(state, owner=_owner(session_hash, provider), field=_FIELD))
    except CannotOpenSecret:
        return None
    if now() - datetime.fromisoformat(known["t"]) > ATTEMPT_LASTS:
        return None
    return Way(OAuthPurpose(known["p"]), known["a"], known["c"], known["v"])


def earlier_return(asker: Asker, state: str) -> int | None:
    """The id of the attempt that this person made of a state before, if they did."""
    return db.session.scalar(
        sa.select(OAuthAttempt.id).where(
            OAuthAttempt.workspace_id == asker.workspace_id,
            OAuthAttempt.user_id == asker.user_id,
            OAuthAttempt.state_hash == _hash(state),
        )
    )


def claim(asker: Asker, provider: Provider, way: Way, state: str) -> int | None:
    """Use a state up; the id of its attempt for the one who does, None for whoever comes second."""
    row = {
        "workspace_id": asker.workspace_id,
        "user_id": asker.user_id,
        "provider": provider,
        "purpose": way.purpose,
        "account_id": way.account_id,
        "state_hash": _hash(state),
        "returned_at": now(),
    }
    with transaction() as session:
        put = insert_or(OAuthAttempt, dialect_of(session)).values(row)
        return session.scalar(
            put.on_conflict_do_nothing(index_elements=["state_hash"]).returning(OAuthAttempt.id)
        )


def find_attempt(workspace_id: int, attempt_id: int) -> OAuthAttempt | None:
    """An attempt of this workspace."""
    return db.session.scalar(
        sa.select(OAuthAttempt).where(
            OAuthAttempt.workspace_id == workspace_id, OAuthAttempt.id == attempt_id
        )
    )


def _account(workspace_id: int, provider: Provider, account_id: int) -> tuple[str, bool]:
    """The address of a connected account of a provider, and whether it is engaged with."""
    found = db.session.execute(
        sa.select(EmailAccountHealth.email, OAuthGrant.scopes)
        .outerjoin(OAuthGrant, OAuthGrant.account_id == EmailAccountHealth.id)
        .where(
            EmailAccountHealth.workspace_id == workspace_id,
            EmailAccountHealth.id == account_id,
            EmailAccountHealth.provider == provider,
            EmailAccountHealth.removed_at.is_(None),
        )
    ).first()
    if found is None:
        raise NoSuchAccount("This account no longer exists.")
    return found.email, may_engage(provider, (found.scopes or "").split())


def _owner(session_hash: str, provider: Provider) -> str:
    return f"oauth_way:{session_hash}:{provider}"


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()
