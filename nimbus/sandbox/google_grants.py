"""What people have permitted at the practice Google: consents, codes and tokens, and how each of them ends."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nimbus.sandbox.google_errors import TokenRefused
from nimbus.sandbox.world import App, Mailbox, World

_AUTH = "https://www.googleapis.com/auth/"
PROFILE, EMAIL, OPENID = f"{_AUTH}userinfo.profile", f"{_AUTH}userinfo.email", "openid"
SEND, COMPOSE, FULL = f"{_AUTH}gmail.send", f"{_AUTH}gmail.compose", "https://mail.google.com/"
READ, MODIFY = f"{_AUTH}gmail.readonly", f"{_AUTH}gmail.modify"
SCOPES = {  # what the consent page says; the first three cannot be unticked
    OPENID: "Associate you with your personal info on Google",
    PROFILE: "See your personal info, including any you have made public",
    EMAIL: "See your primary Google Account email address",
    SEND: "Send email on your behalf",
    COMPOSE: "Manage drafts and send emails",
    READ: "View your email messages and settings",
    MODIFY: "Read, compose and send emails from your Gmail account",
    FULL: "Read, compose, send and permanently delete all your email from Gmail",
}
BASIC = frozenset({OPENID, PROFILE, EMAIL})
_LONG = {"profile": PROFILE, "email": EMAIL}
CODE_LASTS = timedelta(minutes=10)
ACCESS_LASTS = timedelta(seconds=3599)
TESTING_LASTS = timedelta(days=7)  # refresh tokens of an application whose audience is "testing"
UNUSED_LASTS = timedelta(days=180)
_MOST_REFRESH_TOKENS = 100  # per person and application; the oldest goes without a word


def long_names(scopes: str) -> frozenset[str]:
    """A scope parameter in the spelling that Google answers with."""
    return frozenset(_LONG.get(name, name) for name in scopes.split())


@dataclass
class Refresh:
    scopes: frozenset[str]
    used_at: datetime
    ends_at: datetime | None


@dataclass
class Access:
    scopes: frozenset[str]
    ends_at: datetime


@dataclass(eq=False)
class Grant:
    """All that one person has permitted one application."""

    app: App
    mailbox: Mailbox
    scopes: frozenset[str] = frozenset()
    refresh: dict[str, Refresh] = field(default_factory=dict)
    access: dict[str, Access] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Code:
    """An authorization code and what it was given for."""

    app: App
    mailbox: Mailbox
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    with_refresh: bool
    ends_at: datetime


class Grants:
    """Every grant of the practice Google."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._grants: dict[tuple[str, str], Grant] = {}
        self._codes: dict[str, Code] = {}
        world.forgetters.append(self.clear)

    def clear(self) -> None:
        """Forget everything."""
        self._grants.clear()
        self._codes.clear()

    def consent(self, app: App, mailbox: Mailbox, scopes: frozenset[str], asked: dict[str, str]) -> str:
        """The code for what a person has just permitted, given the parameters of the request."""
        with self.world.lock:
            self._settle(mailbox)
            grant = self._grants.get((app.client_id, mailbox.address))
            is_offline = asked.get("access_type") == "offline"
            with_refresh = is_offline and (grant is None or "consent" in asked.get("prompt", "").split())
            grant = grant or self._grants.setdefault((app.client_id, mailbox.address), Grant(app, mailbox))
            if asked.get("include_granted_scopes") == "true":
                scopes |= grant.scopes
            grant.scopes |= scopes
            code = f"4/0A{secrets.token_urlsafe(48)}"
            self._codes[code] = Code(
                app=app,
                mailbox=mailbox,
                scopes=scopes,
                redirect_uri=asked["redirect_uri"],
                challenge=asked.get("code_challenge", ""),
                with_refresh=with_refresh,
                ends_at=self.world.clock.now() + CODE_LASTS,
            )
            return code

    def holder(self, token: str) -> Mailbox | None:
        """Whose code, access or refresh token this is."""
        with self.world.lock:
            if token in self._codes:
                return self._codes[token].mailbox
            grant = self._grant_of(token)
            return grant.mailbox if grant else None

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        """Tokens for a code, which is used up by trying; raises TokenRefused."""
        if not code.startswith("4/"):
            raise TokenRefused("invalid_grant", "Malformed auth code.")
        with self.world.lock:
            given = self._codes.pop(code, None)
            if given is None or given.app is not app or given.ends_at <= self.world.clock.now():
                raise TokenRefused("invalid_grant", "Bad Request")
            if given.redirect_uri != redirect_uri:
                raise TokenRefused("redirect_uri_mismatch", "Bad Request")
            _prove(given.challenge, verifier)
            self._settle(given.mailbox)
            if (app.client_id, given.mailbox.address) not in self._grants:
                raise TokenRefused("invalid_grant", "Bad Request")
            changed = given.mailbox.faults.take("changed_scopes", "token")
            scopes = long_names(changed.values["scopes"]) if changed else given.scopes
            return self.issue(app, given.mailbox, scopes, with_refresh=given.with_refresh)

    def issue(
        self, app: App, mailbox: Mailbox, scopes: Iterable[str], *, with_refresh: bool = True
    ) -> dict[str, Any]:
        """New tokens for a person, permitted if they were not yet: the body of the token endpoint."""
        now, scopes = self.world.clock.now(), frozenset(scopes)
        is_testing = app.audience == "testing"
        with self.world.lock:
            grant = self._grants.setdefault((app.client_id, mailbox.address), Grant(app, mailbox))
            grant.scopes |= scopes
            body = self._access(grant, scopes)
            if with_refresh:
                body["refresh_token"] = f"1//0g{secrets.token_urlsafe(48)}"
                ends_at = now + TESTING_LASTS if is_testing else None
                grant.refresh[body["refresh_token"]] = Refresh(scopes, now, ends_at)
                if is_testing:
                    body["refresh_token_expires_in"] = int(TESTING_LASTS.total_seconds()) - 1
                for oldest in list(grant.refresh)[:-_MOST_REFRESH_TOKENS]:
                    del grant.refresh[oldest]
        return body

    def renew(self, app: App, token: str) -> dict[str, Any]:
        """A new access token for a refresh token; raises TokenRefused."""
        with self.world.lock:
            mailbox = self.holder(token)
            if mailbox:
                self._settle(mailbox)
            grant, now = self._grant_of(token), self.world.clock.now()
            held = grant.refresh.get(token) if grant else None
            if grant is None or held is None or _is_over(held, now):
                raise TokenRefused("invalid_grant", "Token has been expired or revoked.")
            if grant.app is not app:
                raise TokenRefused("unauthorized_client", "Unauthorized", status=401)
            held.used_at = now
            return self._access(grant, held.scopes)

    def revoke(self, token: str) -> None:
        """End the whole grant that a token belongs to; raises TokenRefused for a dead one."""
        with self.world.lock:
            grant = self._grant_of(token)
            if grant is None:
                raise TokenRefused("invalid_token", "Token expired or revoked")
            self._end(grant)

    def bearer(self, token: str) -> tuple[Grant, frozenset[str]] | None:
        """Who an access token speaks for and what it may do; None when it is not good."""
        with self.world.lock:
            mailbox = self.holder(token)
            if mailbox:
                self._settle(mailbox)
            grant = self._grant_of(token)
            held = grant.access.get(token) if grant else None
            if grant is None or held is None or held.ends_at <= self.world.clock.now():
                return None
            return grant, held.scopes

    def _access(self, grant: Grant, scopes: frozenset[str]) -> dict[str, Any]:
        now, token = self.world.clock.now(), f"ya29.a0{secrets.token_urlsafe(64)}"
        grant.access = {known: held for known, held in grant.access.items() if held.ends_at > now}
        grant.access[token] = Access(scopes, now + ACCESS_LASTS)
        return {
            "access_token": token,
            "expires_in": int(ACCESS_LASTS.total_seconds()),
            "scope": " ".join(sorted(scopes, reverse=True)),  # any order but the one that was asked for
            "token_type": "Bearer",
        }

    def _grant_of(self, token: str) -> Grant | None:
        return next((g for g in self._grants.values() if token in g.access or token in g.refresh), None)

    def _settle(self, mailbox: Mailbox) -> None:
        """Let happen what somebody has asked to happen to this person's grants."""
        mine = [grant for grant in self._grants.values() if grant.mailbox is mailbox]
        if mailbox.faults.take("revoked"):
            for grant in mine:
                self._end(grant)
        if mailbox.faults.take("expired"):
            for grant in mine:
                grant.access.clear()

    def _end(self, grant: Grant) -> None:
        self._grants.pop((grant.app.client_id, grant.mailbox.address), None)


def _is_over(held: Refresh, now: datetime) -> bool:
    return now >= held.used_at + UNUSED_LASTS or (held.ends_at is not None and now >= held.ends_at)


def _prove(challenge: str, verifier: str) -> None:
    """RFC 7636, S256: whoever redeems a code must be the one who asked for it."""
    if challenge and not verifier:
        raise TokenRefused("invalid_grant", "Missing code verifier.")
    hashed = hashlib.sha256(verifier.encode()).digest()
    if challenge and not secrets.compare_digest(
        base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(), challenge
    ):
        raise TokenRefused("invalid_grant", "Invalid code verifier.")
