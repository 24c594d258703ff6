"""The practice Google's sign-in: the consent page, the token endpoint, revoking, and who somebody is."""

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from nimbus.sandbox.google_calls import bearer, strike, the_grants, the_world
from nimbus.sandbox.google_errors import TokenRefused
from nimbus.sandbox.google_grants import BASIC, EMAIL, OPENID, PROFILE, SCOPES, long_names
from nimbus.sandbox.world import App, Mailbox, System

sign_in = Blueprint("google_sign_in", __name__)
_NEEDED = ("redirect_uri", "response_type", "scope", "state")


class PageRefused(Exception):
    """An error that people see at Google and that never leads back."""

    def __init__(self, error: str, sentence: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.sentence, self.status = error, sentence, status


@sign_in.get("/o/oauth2/v2/auth")
def ask() -> str:
    app = _checked_request()
    asked = long_names(request.args["scope"])
    hint = request.args.get("login_hint", "").lower()
    accounts = sorted(
        _accounts(request.args.get("hd", "")), key=lambda one: (one.address != hint, one.address)
    )
    return render_template(
        "google_consent.html",
        app=app,
        accounts=accounts,
        chosen=hint,
        basic=[scope for scope in SCOPES if scope in asked & BASIC],
        tickable=[scope for scope in SCOPES if scope in asked - BASIC],
        words=SCOPES,
    )


@sign_in.post("/o/oauth2/v2/auth")
def decide() -> Response:
    app = _checked_request()
    if request.form.get("decision") != "allow":
        return _back({"error": "access_denied"})
    mailbox = _chosen(app)
    asked = long_names(request.args["scope"])
    scopes = asked & (BASIC | frozenset(request.form.getlist("scope")))
    if not scopes:
        return _back({"error": "access_denied"})
    code = the_grants().consent(app, mailbox, scopes, request.args.to_dict())
    answer = {"code": code, "scope": " ".join(sorted(scopes)), "authuser": "0"}
    answer["prompt"] = request.args.get("prompt", "none")
    return _back(answer if mailbox.is_consumer else answer | {"hd": mailbox.domain})


@sign_in.post("/token")
def token() -> Response:
    app, kind = _client(), request.form.get("grant_type", "")
    if kind == "authorization_code":
        code = _required("code")
        if struck := _met("exchange", app, code):
            return struck
        redirect_uri, verifier = request.form.get("redirect_uri", ""), request.form.get("code_verifier", "")
        return jsonify(the_grants().exchange(app, code=code, redirect_uri=redirect_uri, verifier=verifier))
    if _required("grant_type") == "refresh_token":
        refresh_token = _required("refresh_token")
        return _met("refresh", app, refresh_token) or jsonify(the_grants().renew(app, refresh_token))
    raise TokenRefused("unsupported_grant_type", f"Invalid grant_type: {kind}")


@sign_in.post("/revoke")
def revoke() -> Response:
    presented = request.form.get("token") or request.args.get("token", "")
    struck = _met("revoke", None, presented)
    if struck is None:
        the_grants().revoke(presented)
    return struck or jsonify({})


@sign_in.get("/v1/userinfo")
def userinfo() -> Response:
    spoken_for = the_grants().bearer(bearer())
    if spoken_for is None or not spoken_for[1] & BASIC:
        raise TokenRefused("invalid_request", "Invalid Credentials", status=401)
    grant, scopes = spoken_for
    the_world().count("google userinfo", grant.mailbox.address)
    return strike(grant.mailbox.faults, "userinfo") or jsonify(_described(grant.mailbox, scopes))


@sign_in.errorhandler(PageRefused)
def show_refusal(refusal: PageRefused) -> tuple[str, int]:
    return render_template("google_error.html", refusal=refusal), refusal.status


@sign_in.errorhandler(TokenRefused)
def answer_refusal(refusal: TokenRefused) -> Response:
    return refusal.response()


def _checked_request() -> App:
    """The application that asks, if its request may be shown to anybody; raises PageRefused."""
    app = the_world().apps.get(request.args.get("client_id", ""))
    if app is None or app.system is not System.GOOGLE:
        raise PageRefused("invalid_client", "The OAuth client was not found.", status=401)
    if request.args.get("redirect_uri") not in app.redirect_uris:
        raise PageRefused(
            "redirect_uri_mismatch", "The redirect URI is not one that this application has registered."
        )
    missing = next((name for name in _NEEDED if not request.args.get(name)), None)
    if missing:
        raise PageRefused("invalid_request", f"Missing required parameter: {missing}")
    if request.args["response_type"] != "code":
        raise PageRefused("unsupported_response_type", "Only codes are given out here.")
    if "code_challenge" in request.args and request.args.get("code_challenge_method") != "S256":
        raise PageRefused("invalid_request", "Only S256 is taken as a code_challenge_method.")
    if unknown := long_names(request.args["scope"]) - SCOPES.keys():
        raise PageRefused("invalid_scope", f"Some requested scopes were invalid: {' '.join(sorted(unknown))}")
    return app


def _accounts(domain: str) -> list[Mailbox]:
    """Who can sign in; `hd` narrows the choice to one organisation, or with * to all of them."""
    with the_world().lock:
        people = [person for person in the_world().mailboxes.values() if person.system is System.GOOGLE]
    return [
        person
        for person in people
        if not domain or (not person.is_consumer and domain in {"*", person.domain})
    ]


def _chosen(app: App) -> Mailbox:
    """Who signs in; raises PageRefused when the organisation does not let them."""
    person = the_world().mailboxes.get(request.form.get("account", ""))
    if person is None or person.system is not System.GOOGLE:
        raise PageRefused("invalid_request", "Choose an account.")
    if app.audience == "internal" and person.domain != app.organization:
        raise PageRefused("org_internal", "This application is for people of its organisation.", status=403)
    if person.faults.take("policy_block"):
        raise PageRefused("admin_policy_enforced", "An administrator has blocked this application.")
    other = person.faults.take("wrong_account")
    if other is None:
        return person
    if other.values["address"].lower() not in the_world().mailboxes:
        raise PageRefused(
            "invalid_request", "The practice world does not know the account that should come back."
        )
    return the_world().mailboxes[other.values["address"].lower()]


def _back(answer: dict[str, str]) -> Response:
    target = request.args["redirect_uri"]
    query = urlencode(answer | {"state": request.args["state"]})
    return Response(status=302, headers={"Location": f"{target}{'&' if '?' in target else '?'}{query}"})


def _client() -> App:
    """The application that asks for tokens, by the form or by HTTP Basic; raises TokenRefused."""
    given = request.authorization
    is_basic = given is not None and given.type == "basic"
    client_id = (given.username if given and is_basic else request.form.get("client_id")) or ""
    secret = (given.password if given and is_basic else request.form.get("client_secret")) or ""
    if not client_id:
        raise TokenRefused("invalid_request", "Could not determine client ID from request.")
    app = the_world().apps.get(client_id)
    if app is None or app.system is not System.GOOGLE:
        raise TokenRefused("invalid_client", "The OAuth client was not found.", status=401)
    if not secrets.compare_digest(secret, app.client_secret):
        raise TokenRefused("invalid_client", "Unauthorized", status=401)
    return app


def _required(name: str) -> str:
    value = request.form.get(name, "")
    if not value:
        raise TokenRefused("invalid_request", f"Missing required parameter: {name}")
    return value


def _met(what: str, app: App | None, presented: str) -> Response | None:
    """What goes wrong with a call about this code or token, if anything does."""
    holder = the_grants().holder(presented)
    if holder:
        the_world().count(f"google {what}", holder.address)
    for faults in (subject.faults for subject in (app, holder) if subject):
        if struck := strike(faults, "token"):
            return struck
        if fault := faults.take("token_error", "token"):
            response = jsonify(fault.values["body"])
            response.status_code = fault.values["status"]
            return response
    return None


def _described(person: Mailbox, scopes: frozenset[str]) -> dict[str, Any]:
    """Somebody as the userinfo endpoint shows them to a token with these scopes."""
    body: dict[str, Any] = {"sub": person.subject}
    if PROFILE in scopes:
        given, _, family = person.name.partition(" ")
        body |= {"name": person.name, "given_name": given, "family_name": family}
        body["picture"] = f"https://lh3.googleusercontent.com/a/{person.subject}"
    if EMAIL in scopes:
        body |= {"email": person.address, "email_verified": True}
    if OPENID in scopes and not person.is_consumer:
        body["hd"] = person.domain
    return body
