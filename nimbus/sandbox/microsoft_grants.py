"""What Microsoft remembers of sign-ins: who consented to what, and the codes and tokens that came of it.

Lifetimes: `providers.md` 2.3. Everything here is asked for under the world's lock.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nimbus.clock import Clock
from nimbus.sandbox.microsoft_errors import LoginRefused

CODE_LASTS = timedelta(minutes=10)
ACCESS_LASTS = timedelta(seconds=3599)
REFRESH_LASTS = timedelta(days=90)  # each one; a newer one has a new age


@dataclass(eq=False)
class Grant:
    """One sign-in, and with it every token that descends from it."""

    client_id: str
    address: str
    is_revoked: bool = False


@dataclass
class Code:
    """An authorization code, good once."""

    grant: Grant
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    issued_at: datetime
    is_redeemed: bool = False


@dataclass
class RefreshToken:
    """A refresh token: using it yields the next, but does not end it."""

    grant: Grant
    scopes: frozenset[str]
    issued_at: datetime
    is_used: bool = False


@dataclass
class AccessToken:
    """What opens Graph for an hour."""

    grant: Grant
    scopes: frozenset[str]
    expires_at: datetime


@dataclass
class Grants:
    """Every sign-in of this Microsoft since it was started or reset."""

    clock: Clock
    consents: dict[tuple[str, str], frozenset[str]] = field(
        default_factory=dict
    )  # (client, address or tenant)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)

    def consent(self, client_id: str, whose: str, scopes: Iterable[str]) -> None:
        """Remember that a person, or an administrator for a tenant, has agreed to these scopes."""
        key = (client_id, whose)
        self.consents[key] = self.consents.get(key, frozenset()) | frozenset(scopes)

    def consented(self, client_id: str, *whose: str) -> frozenset[str]:
        """What an app was agreed to by this person and by the administrator of this tenant together."""
        return frozenset().union(*(self.consents.get((client_id, each), frozenset()) for each in whose))

    def new_code(self, grant: Grant, scopes: frozenset[str], redirect_uri: str, challenge: str) -> str:
        """A code for the browser to carry back to the app."""
        value = f"0.AX{secrets.token_urlsafe(48)}"
        self.codes[value] = Code(grant, scopes, redirect_uri, challenge, self.clock.now())
        return value

    def redeem(self, value: str, *, client_id: str, redirect_uri: str, verifier: str) -> Code:
        """The code, now spent; refused as `providers.md` 2.4 has it when it is not this client's good code."""
        code = self.codes.get(value)
        if code is None or code.grant.client_id != client_id:
            raise LoginRefused(70000, "The provided value for the 'code' parameter is not valid.")
        if code.is_redeemed:
            raise LoginRefused(54005)
        if self.clock.now() > code.issued_at + CODE_LASTS:
            raise LoginRefused(70008)
        if redirect_uri != code.redirect_uri:
            raise LoginRefused(50011)
        if code.challenge and challenge_of(verifier) != code.challenge:
            raise LoginRefused(501481)
        code.is_redeemed = True
        return code

    def spend(self, value: str, *, client_id: str, detects_reuse: bool) -> RefreshToken:
        """The refresh token, marked as used. Where reuse is looked for, a second use ends the whole sign-in."""
        token = self.refresh_tokens.get(value)
        if token is None or token.grant.client_id != client_id:
            raise LoginRefused(70000, "The provided value for the 'refresh_token' parameter is not valid.")
        if token.is_used and detects_reuse:
            token.grant.is_revoked = True
        if token.grant.is_revoked:
            raise LoginRefused(50173)
        if self.clock.now() > token.issued_at + REFRESH_LASTS:
            raise LoginRefused(700082)
        token.is_used = True
        return token

    def tokens(
        self, grant: Grant, scopes: frozenset[str], *, keeps: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """The body of the token endpoint; `keeps` is what the next refresh may ask for, when it is more.

        `scope` never names offline_access: that there is a refresh token says it.
        """
        seconds = int(ACCESS_LASTS.total_seconds())
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes - {"offline_access"})),
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self._new_access_token(grant, scopes),
        }
        if "offline_access" in scopes:
            body["refresh_token"] = self._new_refresh_token(grant, keeps or scopes)
        return body

    def issue(self, client_id: str, address: str, scopes: Iterable[str]) -> dict[str, Any]:
        """Tokens for a person without a sign-in, for whoever sets a scene: the body of the token endpoint."""
        agreed = frozenset(scopes)
        self.consent(client_id, address, agreed - {"offline_access"})
        return self.tokens(Grant(client_id, address), agreed)

    def _new_access_token(self, grant: Grant, scopes: frozenset[str]) -> str:
        """An opaque token for Graph."""
        value = f"EwB{secrets.token_urlsafe(64)}"
        self.access_tokens[value] = AccessToken(grant, scopes, self.clock.now() + ACCESS_LASTS)
        return value

    def _new_refresh_token(self, grant: Grant, scopes: frozenset[str]) -> str:
        """The next refresh token of a sign-in."""
        value = f"0.AX{secrets.token_urlsafe(64)}"
        self.refresh_tokens[value] = RefreshToken(grant, scopes, self.clock.now())
        return value

    def revoke(self, address: str) -> None:
        """End every sign-in of a person, and forget the consent: the next one is asked again."""
        given: list[Code | RefreshToken | AccessToken] = [*self.codes.values(), *self.refresh_tokens.values()]
        for token in (*given, *self.access_tokens.values()):
            if token.grant.address == address:
                token.grant.is_revoked = True
        for key in [key for key in self.consents if key[1] == address]:
            del self.consents[key]

    def forget(self) -> None:
        """Begin again: nobody has ever signed in."""
        for remembered in (self.consents, self.codes, self.refresh_tokens, self.access_tokens):
            remembered.clear()

    def expire(self, address: str) -> None:
        """End every access token of a person before its time; a refresh yields a good one."""
        for token in self.access_tokens.values():
            if token.grant.address == address:
                token.expires_at = self.clock.now()


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
