"""The fleet's sign-ins at the practice Google and Microsoft: real codes, real tokens, and the grants made of them."""

import random
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import requests
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import EmailAccountHealth, EventTone, OAuthGrant
from nimbus.providers import oauth
from nimbus.providers.contract import Hosts, OAuthApp, Secret, Tokens
from nimbus.rules.oauth import OAuthPurpose, asked_scopes
from nimbus.rules.oauth_answers import GrantEnding, sentence
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.sandbox.fleet import Member
from nimbus.sandbox.world import System
from nimbus.security.held_keys import hold_vault
from nimbus.services.account_log import record
from nimbus.settings import Settings, current_settings

_PROVIDERS = {System.GOOGLE: Provider.GMAIL, System.MICROSOFT: Provider.MICROSOFT}
_CALLBACKS = {Provider.GMAIL: "/oauth/google/callback", Provider.MICROSOFT: "/oauth/microsoft/callback"}
_SECONDS = 10  # for one call of the practice world
_RENEWED = timedelta(minutes=5), timedelta(minutes=15)  # before a token's end, spread over the fleet


def sign_in(member: Member) -> Tokens:
    """What a person does at the provider's page, and the tokens that come of it."""
    provider, settings = _PROVIDERS[member.system], current_settings()
    hosts, app = _hosts(settings), _app(settings, provider)
    verifier, redirect_uri = secrets.token_urlsafe(48), settings.base_url + _CALLBACKS[provider]
    page = oauth.authorization_url(
        hosts,
        app,
        purpose=OAuthPurpose.CONNECT,
        state="seed",
        challenge=urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
        redirect_uri=redirect_uri,
    )
    pressed = {
        "account": member.address,
        "scope": asked_scopes(provider, OAuthPurpose.CONNECT).split(),
        "decision": "allow",
        "answer": "accept",
    }
    back = requests.post(page, data=pressed, allow_redirects=False, timeout=_SECONDS)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    return oauth.exchange(hosts, app, code=code, verifier=verifier, redirect_uri=redirect_uri)


def keep_grant(session: Session, account: EmailAccountHealth, tokens: Tokens) -> None:
    """Make an account live on these tokens, as a sign-in through the product would."""
    assert tokens.refresh is not None
    moment = now()
    ends = moment + timedelta(seconds=tokens.expires_in)
    grant = OAuthGrant(
        workspace_id=account.workspace_id,
        account_id=account.id,
        provider=account.provider,
        client_id=_app(current_settings(), Provider(account.provider)).client_id,
        subject=account.email,
        scopes=" ".join(sorted(tokens.scopes)),
        access_until=ends,
        granted_at=moment,
        refreshed_at=moment,
        refresh_at=ends - _RENEWED[0] - (_RENEWED[1] - _RENEWED[0]) * random.random(),  # noqa: S311 - spreads them
        failure_detail={},
    )
    vault = hold_vault(session, account.workspace_id)
    for field, token in (("access_token", tokens.access), ("refresh_token", tokens.refresh)):
        setattr(grant, f"sealed_{field}", vault.seal(token.reveal(), owner=grant.vault_owner, field=field))
    session.add(grant)


def lose_grant(session: Session, account: EmailAccountHealth, ending: GrantEnding) -> None:
    """Mark an account whose sign-in its provider has ended."""
    grant = session.get_one(OAuthGrant, account.id)
    grant.failure_code, grant.failed_at, grant.refresh_at = ending, now(), None
    account.connection_state = ConnectionState.AUTH_REVOKED
    record(session, account, "sign_in_lost", sentence(ending, Provider(account.provider)), tone=EventTone.BAD)


def _app(given: Settings, provider: Provider) -> OAuthApp:
    google = given.google_client_id, given.google_client_secret
    microsoft = given.microsoft_client_id, given.microsoft_client_secret
    client_id, secret = google if provider is Provider.GMAIL else microsoft
    assert client_id is not None
    assert secret is not None
    tenant = "" if provider is Provider.GMAIL else given.microsoft_tenant
    return OAuthApp(provider=provider, client_id=client_id, client_secret=Secret(secret), tenant=tenant)


def _hosts(given: Settings) -> Hosts:
    return Hosts(
        google_auth_url=given.google_auth_url,
        google_token_url=given.google_token_url,
        google_revoke_url=given.google_revoke_url,
        google_userinfo_url=given.google_userinfo_url,
        gmail_api_base=given.gmail_api_base,
        ms_login_base=given.ms_login_base,
        ms_graph_base=given.ms_graph_base,
    )
