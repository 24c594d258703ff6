"""The fleet's sign-ins at the practice Google and Microsoft: real codes, real tokens, and the grants made of them."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import requests
import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, HealthEvent, OAuthGrant
from nimbus.providers import oauth
from nimbus.providers.contract import OAuthApp, Tokens
from nimbus.rules.oauth import OAuthPurpose, asked_scopes
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.sandbox.fleet import Member
from nimbus.sandbox.world import System
from nimbus.services.end_grant import end_grant
from nimbus.services.oauth_tokens import save_grant
from nimbus.services.provider_apps import current_hosts, find_app
from nimbus.settings import current_settings

_PROVIDERS = {System.GOOGLE: Provider.GMAIL, System.MICROSOFT: Provider.MICROSOFT}
_CALLBACKS = {Provider.GMAIL: "/oauth/google/callback", Provider.MICROSOFT: "/oauth/microsoft/callback"}
_SECONDS = 10  # for one call of the practice world


class SignedIn(NamedTuple):
    """What came of a sign-in: the application, the provider's id of the person, and the tokens."""

    app: OAuthApp
    subject: str
    tokens: Tokens


def sign_in(workspace_id: int, member: Member) -> SignedIn:
    """What a person does at the provider's page, and what comes of it."""
    provider, hosts = _PROVIDERS[member.system], current_hosts()
    app = find_app(db.session(), workspace_id, provider)
    assert app is not None
    verifier = secrets.token_urlsafe(48)
    redirect_uri = current_settings().base_url + _CALLBACKS[provider]
    page = oauth.authorization_url(
        hosts,
        app,
        purpose=OAuthPurpose.CONNECT,
        state="seed",
        challenge=create_s256_code_challenge(verifier),
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
    tokens = oauth.exchange(hosts, app, code=code, verifier=verifier, redirect_uri=redirect_uri)
    return SignedIn(app, oauth.identify(hosts, provider, tokens.access).subject, tokens)


def keep_grant(session: Session, account: EmailAccountHealth, done: SignedIn) -> None:
    """Make an account live on these tokens, as a sign-in through the product does."""
    save_grant(
        session,
        workspace_id=account.workspace_id,
        account_id=account.id,
        app=done.app,
        subject=done.subject,
        tokens=done.tokens,
    )


class Ended(NamedTuple):
    """How a sign-in ended: why, how long it had lasted, how long ago that was, and the provider's number for it."""

    ending: GrantEnding
    lasted: timedelta
    ago: timedelta
    line: str
    code: str = ""


def lose_grant(session: Session, account: EmailAccountHealth, end: Ended) -> None:
    """Mark an account whose sign-in its provider has ended, as the product does, and at another time."""
    of_account = account.workspace_id, account.id
    end_grant(session, *of_account, end.ending, line=end.line, code=end.code)
    grant = session.get_one(OAuthGrant, account.id, populate_existing=True)
    grant.failed_at = now() - end.ago
    grant.granted_at = grant.failed_at - end.lasted
    grant.refreshed_at = grant.failed_at - min(end.lasted, timedelta(minutes=50))
    account.created_at = grant.granted_at
    for kind, at in (("connected", grant.granted_at), ("sign_in_lost", grant.failed_at)):
        of_kind = HealthEvent.account_id == account.id, HealthEvent.kind == kind
        session.execute(sa.update(HealthEvent).where(*of_kind).values(at=at))
