"""Engaging with a mailbox: the second permission, asked for on its own, and the way back from it."""

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.account_queries import find_account
from nimbus.rules.oauth import OAUTH_PROVIDERS
from nimbus.rules.providers import Provider
from nimbus.rules.roles import Permission
from nimbus.services.engage import is_engaged, stop_engaging
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.oauth_view import leave_url, provider_name
from nimbus.web.partials import go

blueprint = Blueprint("engage", __name__, url_prefix="/email-accounts")


# One rule for both methods: of two, the router would answer an id that no row can have with “method not allowed”.
@blueprint.route("/<int:account_id>/engage", methods=["GET", "POST"], endpoint="form")
@needs(Permission.OPERATE)
def engage(account_id: int) -> str | AnyResponse:
    if request.method == "POST":
        stop_engaging(asker(), account_id)
        notice = "Its mail is left as it is from now on."
        return go(url_for("email_accounts.show", account_id=account_id), notice)
    account = _account(account_id)
    provider = Provider(account.provider)
    if provider not in OAUTH_PROVIDERS:
        return go(url_for("email_accounts.show", account_id=account_id))
    return render_template(
        "email_accounts/engage.html",
        account=account,
        name=provider_name(provider),
        engaged=is_engaged(db.session(), workspace_id(), account_id),
        leave_url=leave_url(provider, account_id, engage=True),
    )


def _account(account_id: int) -> EmailAccountHealth:
    day = local_day(now(), signed_in().workspace.timezone)
    row = find_account(db.session(), workspace_id(), account_id, day)
    if row is None:
        abort(404)
    return row.account
