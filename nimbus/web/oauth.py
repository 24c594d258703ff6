"""Where Google and Microsoft send people back to, and the page that says what came of it.

A return carries a code. It becomes part of no other address, and whatever comes of it is shown on a page of its own.
"""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import Permission, who_may
from nimbus.services.connect_oauth import Return, finish_sign_in
from nimbus.services.oauth_attempts import ADMIN_STATE, find_attempt
from nimbus.services.sign_in import hash_token
from nimbus.web.access import NotAllowed, asker, needs, person_may, signed_in, workspace_id
from nimbus.web.oauth_view import PATHS, PROVIDERS, WHO, ReturnView, provider_name

blueprint = Blueprint("oauth", __name__)

_BROUGHT = ("state", "code", "error", "error_description")
_LONGEST = 8192  # characters of each; a provider sends far fewer


@blueprint.get("/oauth/<any(google, microsoft):who>/callback")
def callback(who: str) -> str | AnyResponse:
    """Public, for the administrator who approves the app belongs to no workspace; everybody else is known by the state."""
    # Nothing of it is believed or stored: the next sign-in shows whether it holds.
    if "admin_consent" in request.args or request.args.get("state") == ADMIN_STATE:
        approved = "admin_consent" in request.args and "error" not in request.args
        return render_template("connect/approved.html", approved=approved)
    provider = WHO[who]
    attempt_id = None
    if current_user.is_authenticated:
        if not person_may(Permission.OPERATE):
            raise NotAllowed(who_may(Permission.OPERATE))
        brought = Return(*(request.args.get(name, "")[:_LONGEST] for name in _BROUGHT))
        attempt_id = finish_sign_in(asker(), provider, brought, session_hash=hash_token(signed_in().token))
    if attempt_id is None:
        return redirect(url_for(".expired", path=PATHS[provider]), 303)
    return redirect(url_for(".returned", attempt_id=attempt_id), 303)


@blueprint.get("/email-accounts/connect/returned/<int:attempt_id>")
@needs(Permission.OPERATE)
def returned(attempt_id: int) -> str:
    attempt = find_attempt(workspace_id(), attempt_id)
    if attempt is None:
        abort(404)
    return render_template("connect/returned.html", view=ReturnView(attempt))


@blueprint.get("/email-accounts/connect/<any(gmail, microsoft):path>/expired")
@needs(Permission.OPERATE)
def expired(path: str) -> str:
    return render_template("connect/expired.html", path=path, name=provider_name(PROVIDERS[path]))
