"""Signing in at the practice world's providers as a person would, for tests that go there and back themselves."""

from urllib.parse import parse_qs, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from nimbus.providers import oauth
from nimbus.providers.contract import Hosts, OAuthApp, Secret
from nimbus.rules.oauth import OAuthPurpose, needed_scopes
from nimbus.rules.providers import Provider

CALLBACKS = {
    Provider.GMAIL: "http://127.0.0.1:8000/oauth/google/callback",
    Provider.MICROSOFT: "http://127.0.0.1:8000/oauth/microsoft/callback",
}
VERIFIER = "a-verifier-of-this-test-that-is-long-enough-for-the-rules"


def hosts_of(sandbox, **changed) -> Hosts:
    """The practice world's addresses, as the product is told them."""
    given = {name.lower(): value for name, value in sandbox.environ.items() if "CLIENT" not in name}
    return Hosts(**({"call_seconds": 5.0, "send_seconds": 5.0} | given | changed))


def app_at(sandbox, provider) -> OAuthApp:
    """The product's application at a provider of the practice world."""
    name = "GOOGLE" if provider is Provider.GMAIL else "MICROSOFT"
    client_id, secret = (sandbox.environ[f"{name}_CLIENT_{part}"] for part in ("ID", "SECRET"))
    tenant = "common" if provider is Provider.MICROSOFT else ""
    return OAuthApp(provider=provider, client_id=client_id, client_secret=Secret(secret), tenant=tenant)


def asked_url(sandbox, provider, purpose=OAuthPurpose.CONNECT, **changed) -> str:
    usual = {
        "purpose": purpose,
        "state": "a-state",
        "challenge": create_s256_code_challenge(VERIFIER),
        "redirect_uri": CALLBACKS[provider],
    }
    return oauth.authorization_url(hosts_of(sandbox), app_at(sandbox, provider), **(usual | changed))


def allow(url, provider, address, purpose=OAuthPurpose.CONNECT) -> dict[str, str]:
    """Allow all that the page behind a URL asks for; what the browser is sent back with."""
    form = {"account": address}
    if provider is Provider.GMAIL:
        form |= {"decision": "allow", "scope": [s for s in needed_scopes(provider, purpose) if "/" in s]}
    else:
        form |= {"answer": "accept"}
    answer = requests.post(url, form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def sign_in(sandbox, provider, address, purpose=OAuthPurpose.CONNECT):
    """The tokens of somebody who has allowed everything."""
    returned = allow(asked_url(sandbox, provider, purpose), provider, address, purpose)
    return oauth.exchange(
        hosts_of(sandbox),
        app_at(sandbox, provider),
        code=returned["code"],
        verifier=VERIFIER,
        redirect_uri=CALLBACKS[provider],
    )
