"""What an app may ask the sign-in for, and what is refused before any person is asked."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import redirect
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from nimbus.sandbox.microsoft_errors import LoginRefused
from nimbus.sandbox.microsoft_state import CONSUMERS, Microsoft, tenant_id, tenant_of
from nimbus.sandbox.world import App, Mailbox

GRAPH_HOST = "https://graph.microsoft.com/"
PERMISSIONS = {
    # scope without its host: what the consent page says
    "User.Read": "Sign you in and read your profile",
    "Mail.Send": "Send mail as you",
    "Mail.Read": "Read your mail",
    "Mail.ReadWrite": "Read and write access to your mail",
}
PROTOCOL = frozenset({"offline_access", "openid", "profile", "email"})


@dataclass(frozen=True)
class Asked:
    """An authorization request that may be shown to a person."""

    tenant: str
    app: App
    redirect_uri: str
    scopes: frozenset[str]  # Graph's, with their host, and those of the protocol
    state: str
    challenge: str
    prompt: str
    hint: str

    def answer(self, **values: str) -> Response:
        """Send the browser back to the app."""
        state = {"state": self.state} if self.state else {}
        mark = "&" if "?" in self.redirect_uri else "?"
        return redirect(f"{self.redirect_uri}{mark}{urlencode(values | state)}")

    def refuse(self, refused: LoginRefused, error: str = "", **more: str) -> Response:
        """Send the browser back with an error."""
        error = error or refused.answer.error
        return self.answer(error=error, error_description=refused.described(), **more)

    def turns_away(self, mailbox: Mailbox) -> LoginRefused | None:
        """Why an account cannot sign in: it is not of the tenant that was asked for, or not of the app's."""
        wants_work, wants_personal = self.tenant == "organizations", self.tenant in {"consumers", CONSUMERS}
        if (wants_work and mailbox.is_consumer) or (wants_personal and not mailbox.is_consumer):
            return LoginRefused(500208)
        wanted = "" if _is_shared(self.tenant) else directory(self.tenant)
        own = tenant_id(self.app.organization) if self.app.organization else ""
        return None if {wanted, own} - {""} <= {tenant_of(mailbox)} else LoginRefused(50020)


def read_request(microsoft: Microsoft, tenant: str, given: MultiDict[str, str]) -> Asked:
    """The request; LoginRefused for what is only shown on a page, since the way back is not to be trusted yet."""
    app = microsoft.app(given.get("client_id", ""))
    if app is None:
        raise LoginRefused(700016)
    redirect_uri = given.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris:
        raise LoginRefused(50011)
    if app.audience == "internal" and _is_shared(tenant):
        raise LoginRefused(50194)
    return Asked(
        tenant=tenant,
        app=app,
        redirect_uri=redirect_uri,
        scopes=known_scopes(given.get("scope", "")),
        state=given.get("state", ""),
        challenge=given.get("code_challenge", ""),
        prompt=given.get("prompt", ""),
        hint=given.get("login_hint", ""),
    )


def known_scopes(given: str) -> frozenset[str]:
    """Scopes with Graph's host, however they were written; empty when there is none or one that is unknown."""
    known = {name.lower(): f"{GRAPH_HOST}{name}" for name in PERMISSIONS} | {name: name for name in PROTOCOL}
    scopes = {known.get(name.lower().removeprefix(GRAPH_HOST), "") for name in given.split()}
    return frozenset() if "" in scopes else frozenset(scopes)


def wrong_wish(asked: Asked, given: MultiDict[str, str]) -> LoginRefused | None:
    """What is wrong with a request whose way back is known: it is told to the app."""
    if given.get("response_type") != "code" or given.get("response_mode", "query") != "query":
        return LoginRefused(90014, "Only response_type=code with response_mode=query is served here.")
    if asked.challenge and given.get("code_challenge_method") != "S256":
        return LoginRefused(90014, "The code_challenge_method must be S256.")
    return None if asked.scopes else LoginRefused(70011)


def permissions(scopes: frozenset[str]) -> list[str]:
    """What a person reads before consenting."""
    words = [PERMISSIONS[name] for name in PERMISSIONS if f"{GRAPH_HOST}{name}" in scopes]
    return words + (
        ["Maintain access to data you have given it access to"] if "offline_access" in scopes else []
    )


def directory(tenant: str) -> str:
    """The id of a tenant given by its id or its domain."""
    return tenant_id(tenant) if "." in tenant else tenant


def _is_shared(tenant: str) -> bool:
    return tenant in {"common", "organizations", "consumers"}
