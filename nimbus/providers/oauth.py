"""Signing in at Google and Microsoft: the way there, tokens for a code, tokens for a refresh token, and whose they are.

What fails raises GrantRefused, whose ending says what it proves; a network fault proves nothing and is `unavailable`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

from nimbus.providers.contract import Hosts, OAuthApp, Person, Secret, Tokens
from nimbus.providers.errors import GrantRefused, Secrets, safe_line
from nimbus.providers.gmail.identity import identify as identify_google
from nimbus.providers.gmail.identity import subject_of
from nimbus.providers.http import Ask, NoAnswer, ask
from nimbus.providers.microsoft.identity import identify as identify_microsoft
from nimbus.rules.oauth import OAuthPurpose, asked_scopes, needed_scopes, normal_scopes
from nimbus.rules.oauth_answers import (
    AADSTS,
    GrantEnding,
    TokenRefusal,
    numbers_in,
    read_refusal,
    token_ending,
)
from nimbus.rules.providers import Provider

__all__ = [
    "admin_consent_url",
    "authorization_url",
    "exchange",
    "identify",
    "refresh",
    "revoke",
    "subject_of",
]

_UNAVAILABLE: Final = GrantEnding.UNAVAILABLE
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")  # what a header and a form can carry; RFC 6750 allows no more
_LONGEST = 24 * 60 * 60  # seconds; whoever promises more than a day is asked again sooner
_SHORTEST = 60


def authorization_url(
    hosts: Hosts,
    app: OAuthApp,
    *,
    purpose: OAuthPurpose,
    state: str,
    challenge: str,
    redirect_uri: str,
    login_hint: str = "",
    prompt_consent: bool = True,
) -> str:
    """Where a person goes to allow what `purpose` needs; `challenge` is the S256 one of the verifier (RFC 7636).

    prompt_consent: Google gives a refresh token only with its consent page; Microsoft asks whoever has allowed less.
    """
    if app.provider is Provider.GMAIL:
        url, extra = hosts.google_auth_url, _asked_of_google(login_hint, prompt_consent=prompt_consent)
    else:
        url = _microsoft(hosts, app, "authorize")
        extra = {"response_mode": "query"} | ({} if login_hint else {"prompt": "select_account"})
    asked: str = prepare_grant_uri(
        url,
        app.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=asked_scopes(app.provider, purpose),
        state=state,
        code_challenge=challenge,
        code_challenge_method="S256",
        login_hint=login_hint or None,
        **extra,
    )
    return asked


def admin_consent_url(hosts: Hosts, app: OAuthApp, *, state: str, redirect_uri: str) -> str:
    """Where an administrator of an organisation allows Microsoft's app for everybody in it (`providers.md` 2.4)."""
    of_no_organisation = app.tenant in {"", "common", "consumers"}
    tenant = "organizations" if of_no_organisation else app.tenant
    asked: str = add_params_to_uri(
        f"{hosts.ms_login_base}/{tenant}/v2.0/adminconsent",
        [
            ("client_id", app.client_id),
            ("redirect_uri", redirect_uri),
            ("state", state),
            ("scope", " ".join(needed_scopes(Provider.MICROSOFT, OAuthPurpose.CONNECT))),
        ],
    )
    return asked


def exchange(hosts: Hosts, app: OAuthApp, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """The tokens for a code that a person came back with; raises GrantRefused, also when no refresh token comes."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
    }
    return _tokens(hosts, app, form, Secrets(code, verifier))


def refresh(hosts: Hosts, app: OAuthApp, refresh_token: Secret) -> Tokens:
    """New tokens for a refresh token; raises GrantRefused."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
    return _tokens(hosts, app, form, Secrets(refresh_token.reveal()))


def revoke(hosts: Hosts, provider: Provider, token: Secret) -> None:
    """Give back everything that this person has allowed the app; raises GrantRefused when Google could not be asked.

    Microsoft has no such call. A token that is dead already is as good as given back.
    """
    if provider is not Provider.GMAIL:
        return
    try:
        answer = ask(hosts, Ask(method="POST", url=hosts.google_revoke_url, form={"token": token.reveal()}))
    except NoAnswer:
        answer = None
    if answer is None or not (answer.is_success or (answer.object() or {}).get("error") == "invalid_token"):
        raise GrantRefused(_UNAVAILABLE)


def identify(hosts: Hosts, provider: Provider, access: Secret) -> Person:
    """Whose mailbox an access token opens; raises GrantRefused, `no_mailbox` where there is none."""
    find = identify_google if provider is Provider.GMAIL else identify_microsoft
    return find(hosts, access)


def try_page(hosts: Hosts, provider: Provider, url: str) -> None:
    """See that the page of an authorization URL is shown; raises GrantRefused, `app_wrong` when the provider shows an error.

    Google leads to an error page of its own, Microsoft writes the number of what is wrong into the page.
    """
    try:
        answer = ask(hosts, Ask(url=url, headers={"Accept": "text/html"}))
    except NoAnswer as error:
        raise GrantRefused(_UNAVAILABLE, str(error)) from None
    if answer.status >= 500:
        raise GrantRefused(_UNAVAILABLE, f"{answer.status}")
    numbers = numbers_in(answer.body.decode("utf-8", "replace")) if provider is Provider.MICROSOFT else ()
    is_error = answer.status >= 400 or "/oauth/error" in answer.headers.get("location", "")
    if is_error or any(AADSTS.get(number) is GrantEnding.APP_WRONG for number in numbers):
        detail = {"code": str(numbers[0])} if numbers else {}
        raise GrantRefused(GrantEnding.APP_WRONG, detail=detail)


def _asked_of_google(login_hint: str, *, prompt_consent: bool) -> dict[str, str]:
    """Not include_granted_scopes: each purpose names all it needs, and nobody gets more than was asked for."""
    prompts = ["consent"] if prompt_consent else []
    if not login_hint:
        prompts.append("select_account")
    return {"access_type": "offline"} | ({"prompt": " ".join(prompts)} if prompts else {})


def _microsoft(hosts: Hosts, app: OAuthApp, endpoint: str) -> str:
    return f"{hosts.ms_login_base}/{app.tenant or 'common'}/oauth2/v2.0/{endpoint}"


def _tokens(hosts: Hosts, app: OAuthApp, form: Mapping[str, str], secrets: Secrets) -> Tokens:
    url = hosts.google_token_url if app.provider is Provider.GMAIL else _microsoft(hosts, app, "token")
    secrets.add(app.client_secret.reveal())
    client = {"client_id": app.client_id, "client_secret": app.client_secret.reveal()}
    refreshing = form["grant_type"] == "refresh_token"
    try:
        answer = ask(hosts, Ask(method="POST", url=url, form={**form, **client}))
    except NoAnswer as error:
        raise GrantRefused(_UNAVAILABLE, str(error)) from None
    body = answer.object() or {}
    if answer.status != 200:
        raise _refused(read_refusal(answer.status, body), secrets, refreshing=refreshing)
    tokens = _read(app.provider, body)
    if tokens is None:
        raise GrantRefused(_UNAVAILABLE, "The answer holds no tokens.")
    if not (refreshing or tokens.refresh):
        raise GrantRefused(GrantEnding.SCOPE_MISSING, "The answer holds no refresh token.")
    return tokens


def _refused(refusal: TokenRefusal, secrets: Secrets, *, refreshing: bool) -> GrantRefused:
    said = (
        f"{refusal.status} {refusal.error}: {refusal.description}" if refusal.error else f"{refusal.status}"
    )
    code = str(refusal.numbers[0]) if refusal.numbers else refusal.suberror or refusal.error
    known = {"code": safe_line(code, secrets), "reference": safe_line(refusal.reference, secrets)}
    return GrantRefused(
        token_ending(refusal, refreshing=refreshing),
        safe_line(said, secrets),
        detail={name: value for name, value in known.items() if value},
    )


def _read(provider: Provider, body: Mapping[str, Any]) -> Tokens | None:
    """The tokens of an answer; None when any part of it is not what was promised."""
    access, again = _token(body.get("access_token")), _token(body.get("refresh_token"))
    lasts, scope = body.get("expires_in"), body.get("scope", "")
    if isinstance(lasts, str) and lasts.isascii() and lasts.isdigit():
        lasts = int(lasts[:9])
    if access is None or type(lasts) is not int or lasts <= 0 or not isinstance(scope, str):
        return None
    if again is None and body.get("refresh_token") is not None:
        return None
    return Tokens(
        access=access,
        refresh=again,
        expires_in=max(_SHORTEST, min(lasts, _LONGEST)),
        scopes=normal_scopes(provider, scope),
    )


def _token(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and _TOKEN.fullmatch(value) else None
