"""Connecting by Google or Microsoft: what will be asked for, and the plain link that leads there.

Not a form: browsers do not let one that is sent to us end at another site. Following the link writes nothing.
"""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.rules.roles import Permission
from nimbus.services.oauth_attempts import admin_link, redirect_uri, way_there
from nimbus.services.provider_apps import known_app
from nimbus.services.sign_in import hash_token
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.ids import row_id
from nimbus.web.oauth_view import PROVIDERS, TITLES, leave_url, provider_name
from nimbus.web.partials import go

blueprint = Blueprint("connect_oauth", __name__, url_prefix="/email-accounts/connect")


@blueprint.get("/<any(gmail, microsoft):path>")
@needs(Permission.OPERATE)
def show(path: str) -> str:
    provider = PROVIDERS[path]
    app = known_app(db.session(), workspace_id(), provider)
    if app is None:
        return render_template(
            "connect/no_app.html",
            title=TITLES[provider],
            who=provider_name(provider).lower(),
            name=provider_name(provider),
            redirect_uri=redirect_uri(provider),
        )
    return render_template(
        f"connect/{path}.html",
        app=app,
        leave_url=leave_url(provider),
        admin_url=admin_link(workspace_id()) if path == "microsoft" else None,
    )


@blueprint.get("/<any(gmail, microsoft):path>/leave")
@needs(Permission.OPERATE)
def leave(path: str) -> AnyResponse:
    """To the provider; for a new inbox, or for the one that `account` names."""
    account_id = request.args.get("account", type=row_id)
    if account_id is None and "account" in request.args:
        abort(404)
    url = way_there(
        asker(),
        PROVIDERS[path],
        session_hash=hash_token(signed_in().token),
        account_id=account_id,
        engage="engage" in request.args,
    )
    if url is None:
        return go(url_for(".show", path=path))
    return redirect(url, 303)
