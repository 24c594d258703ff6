"""Trying a sign-in app out, as far as that goes without a person: each step in the order of a real sign-in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthGrant
from nimbus.providers import oauth
from nimbus.providers.contract import Hosts, OAuthApp
from nimbus.providers.errors import GrantRefused
from nimbus.rules.oauth import OAuthPurpose
from nimbus.rules.oauth_answers import GrantEnding, sentence
from nimbus.rules.providers import COMPANIES, Provider
from nimbus.rules.redirect_uri import redirect_problem
from nimbus.services.asker import Asker
from nimbus.services.live_place import refuse_copies
from nimbus.services.oauth_attempts import redirect_uri
from nimbus.services.oauth_tokens import GrantLost, GrantUnavailable, access_token
from nimbus.services.provider_apps import current_hosts, find_app, keep_check

_MADE_UP = "a-code-that-no-provider-has-given-to-anybody-yet"
_SECONDS = 8.0  # for each of at most five calls, while a person waits
_INTERFACES = {Provider.GMAIL: "Gmail API", Provider.MICROSOFT: "Microsoft Graph"}


class Step(NamedTuple):
    """One step of a check; `passed` is None where nothing can be said yet."""

    title: str
    passed: bool | None
    sentence: str


def check_app(asker: Asker, provider: Provider) -> list[Step]:
    """Try the application out; every step that could be tried, none when there is no application. Raises SendsNothing."""
    refuse_copies()
    try:
        app = find_app(db.session(), asker.workspace_id, provider)
    finally:
        db.session.remove()  # no database connection is held while the network is waited for
    if app is None:
        return []
    hosts = replace(current_hosts(), call_seconds=_SECONDS)
    steps = [
        _redirect(app),
        _page(hosts, app),
        _client(hosts, app),
        *_sign_in(hosts, app, asker.workspace_id),
    ]
    keep_check(asker.workspace_id, provider, [list(step) for step in steps])
    return steps


def _redirect(app: OAuthApp) -> Step:
    uri = redirect_uri(app.provider)
    problem = redirect_problem(app.provider, uri)
    return Step("Redirect address", problem is None, problem or f"{uri} is one that {_name(app)} takes.")


def _page(hosts: Hosts, app: OAuthApp) -> Step:
    """The page that people are sent to, asked for as their browser would."""
    url = oauth.authorization_url(
        hosts,
        app,
        purpose=OAuthPurpose.CONNECT,
        state="check",
        challenge=create_s256_code_challenge(_MADE_UP),
        redirect_uri=redirect_uri(app.provider),
    )
    try:
        oauth.try_page(hosts, app.provider, url)
    except GrantRefused as refused:
        return _failed("Sign-in page", app, refused)
    return Step(
        "Sign-in page", passed=True, sentence=f"{_name(app)} shows it for this client ID and address."
    )


def _client(hosts: Hosts, app: OAuthApp) -> Step:
    """A code that nobody was given: whoever is told that it is worth nothing has shown the right secret."""
    try:
        oauth.exchange(hosts, app, code=_MADE_UP, verifier=_MADE_UP, redirect_uri=redirect_uri(app.provider))
    except GrantRefused as refused:
        if refused.ending is not GrantEnding.CODE_USED:
            return _failed("Client ID and secret", app, refused)
    return Step("Client ID and secret", passed=True, sentence=f"{_name(app)} accepts them.")


def _sign_in(hosts: Hosts, app: OAuthApp, workspace_id: int) -> Iterator[Step]:
    """What only an account can show: that people are let in, and that the interface is switched on."""
    consent, interface = "Consent", _INTERFACES[app.provider]
    found = _an_account(workspace_id, app)
    if found is None:
        yield Step(
            consent, None, "Nobody has signed in through this app yet. Connect an inbox to see it work."
        )
        yield Step(interface, None, "It is tried with the first inbox.")
        return
    account_id, email = found
    try:
        token = access_token(workspace_id, account_id)
    except (GrantLost, GrantUnavailable) as problem:
        yield Step(consent, isinstance(problem, GrantLost) and None, f"{email}: {problem}")
        return
    yield Step(consent, passed=True, sentence=f"{email} is signed in.")
    try:
        oauth.identify(hosts, app.provider, token)
    except GrantRefused as refused:
        yield _failed(interface, app, refused)
    else:
        yield Step(interface, passed=True, sentence=f"It answers for {email}.")


def _an_account(workspace_id: int, app: OAuthApp) -> tuple[int, str] | None:
    """An account of this application, one that is signed in if there is any."""
    wanted = (
        sa.select(EmailAccountHealth.id, EmailAccountHealth.email)
        .join(OAuthGrant, OAuthGrant.account_id == EmailAccountHealth.id)
        .where(
            EmailAccountHealth.workspace_id == workspace_id,
            EmailAccountHealth.removed_at.is_(None),
            OAuthGrant.client_id == app.client_id,
        )
        .order_by(OAuthGrant.failure_code.is_not(None), OAuthGrant.refreshed_at.desc())
        .limit(1)
    )
    try:
        row = db.session.execute(wanted).first()
        return (row.id, row.email) if row else None
    finally:
        db.session.remove()


def _failed(title: str, app: OAuthApp, refused: GrantRefused) -> Step:
    """A step that went wrong; one that nobody answered proves nothing."""
    said = sentence(refused.ending, app.provider, code=refused.detail.get("code", ""))
    unknown = refused.ending is GrantEnding.UNAVAILABLE
    return Step(title, None if unknown else False, f"{said} {refused.line}".rstrip())


def _name(app: OAuthApp) -> str:
    return COMPANIES[app.provider]
