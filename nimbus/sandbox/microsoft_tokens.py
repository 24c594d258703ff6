"""Microsoft's token endpoint: a code or a refresh token against new tokens."""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.faults import Faults
from nimbus.sandbox.microsoft_asked import PROTOCOL, known_scopes
from nimbus.sandbox.microsoft_errors import LoginRefused
from nimbus.sandbox.microsoft_state import Microsoft, here
from nimbus.sandbox.world import App, Mailbox

tokens = Blueprint("tokens", __name__)
_KINDS = {"authorization_code": "exchange", "refresh_token": "refresh"}  # as the world's tally names them


@tokens.errorhandler(LoginRefused)
def _refused(refused: LoginRefused) -> ResponseReturnValue:
    return refused.body(here().world.clock.now()), refused.answer.status


@tokens.after_request
def _keep_out_of_caches(response: Any) -> Any:
    response.headers["Cache-Control"] = "no-store"
    return response


@tokens.post("/<tenant>/oauth2/v2.0/token")
def token(tenant: str) -> ResponseReturnValue:  # noqa: ARG001 - the code and the token know whose they are
    """New tokens; the body of an error is that of `providers.md` 2.4."""
    microsoft = here()
    app = _client(microsoft)
    kind, mailbox = request.form.get("grant_type", ""), _whose(microsoft)
    if mailbox:
        microsoft.settle(mailbox)
        microsoft.world.count(f"microsoft {_KINDS.get(kind, kind)}", mailbox.address)
    for faults in (app.faults, *([mailbox.faults] if mailbox else [])):
        if broken := _broken(microsoft, faults):
            return broken
    with microsoft.world.lock:
        match kind:
            case "authorization_code":
                answer = _exchange(microsoft, app)
            case "refresh_token":
                answer = _refresh(microsoft, app, mailbox)
            case _:
                raise LoginRefused(70003)
    return jsonify(answer)


def _client(microsoft: Microsoft) -> App:
    """The app, by the form or by HTTP Basic, as its secret proves."""
    basic = request.authorization if request.authorization and request.authorization.type == "basic" else None
    client_id = (basic.username if basic else request.form.get("client_id")) or ""
    secret = (basic.password if basic else request.form.get("client_secret")) or ""
    if not client_id:
        raise LoginRefused(90014, "The request body must contain the parameter 'client_id'.")
    app = microsoft.app(client_id)
    if app is None:
        raise LoginRefused(700016)
    if secret != app.client_secret:
        raise LoginRefused(7000215)
    return app


def _whose(microsoft: Microsoft) -> Mailbox | None:
    """Whose sign-in the code or the refresh token is from."""
    code = microsoft.grants.codes.get(request.form.get("code", ""))
    refresh_token = microsoft.grants.refresh_tokens.get(request.form.get("refresh_token", ""))
    found = code or refresh_token
    return microsoft.find(found.grant.address) if found else None


def _broken(microsoft: Microsoft, faults: Faults) -> ResponseReturnValue | None:
    """What goes wrong here because somebody asked for it."""
    if fault := faults.take("server_error", "token"):
        return "<html><body>Service unavailable</body></html>", int(fault.values["status"])
    if faults.take("throttled", "token"):
        raise LoginRefused(90024)
    if fault := faults.take("token_error", "token"):
        if fault.values["aadsts"]:
            raise LoginRefused(int(fault.values["aadsts"]))
        return jsonify(fault.values["body"]), int(fault.values["status"])
    for name, number in (("mfa", 50076), ("policy_block", 53003)):
        if faults.take(name, "token"):
            raise LoginRefused(number)
    return microsoft.strike(faults, "token")


def _exchange(microsoft: Microsoft, app: App) -> dict[str, Any]:
    code = microsoft.grants.redeem(
        request.form.get("code", ""),
        client_id=app.client_id,
        redirect_uri=request.form.get("redirect_uri", ""),
        verifier=request.form.get("code_verifier", ""),
    )
    return microsoft.grants.tokens(code.grant, code.scopes)


def _refresh(microsoft: Microsoft, app: App, mailbox: Mailbox | None) -> dict[str, Any]:
    spent = microsoft.grants.spend(
        request.form.get("refresh_token", ""),
        client_id=app.client_id,
        detects_reuse=mailbox is not None and mailbox.faults.get("reuse_detection") is not None,
    )
    scopes = spent.scopes
    if wanted := request.form.get("scope"):
        scopes = known_scopes(wanted) | {"offline_access"}
        if scopes == {"offline_access"}:
            raise LoginRefused(70011)
        if not scopes - PROTOCOL <= spent.scopes:
            raise LoginRefused(65001)
    if mailbox and (fault := mailbox.faults.take("changed_scopes", "token")):
        scopes = frozenset(str(fault.values["scopes"]).split()) | {"offline_access"}
    return microsoft.grants.tokens(spent.grant, scopes, keeps=spent.scopes)
