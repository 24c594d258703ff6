"""The part of an account's page that tells how its replies are read, and having them read now."""

from flask import Blueprint, Response, abort, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.account_queries import find_account
from nimbus.rules.roles import Permission
from nimbus.services.wake_sync import ask_sync
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.limits import limit_syncs
from nimbus.web.partials import go, show, wants_fragment
from nimbus.web.replies_view import replies_of

blueprint = Blueprint("inbox_sync", __name__, url_prefix="/email-accounts")


@blueprint.get("/<int:account_id>/replies", endpoint="show")
def show_replies(account_id: int) -> Response | AnyResponse:
    return _part(_account(account_id))


@blueprint.post("/<int:account_id>/sync")
@needs(Permission.OPERATE)
@limit_syncs
def ask(account_id: int) -> Response | AnyResponse:
    _account(account_id)
    ask_sync(asker(), account_id)
    return _part(_account(account_id))


def _part(account: EmailAccountHealth) -> Response | AnyResponse:
    if not wants_fragment():
        return go(url_for("email_accounts.show", account_id=account.id, _anchor="replies"))
    return show("", "email_accounts/_replies.html", account=account, replies=replies_of(account))


def _account(account_id: int) -> EmailAccountHealth:
    day = local_day(now(), signed_in().workspace.timezone)
    row = find_account(db.session(), workspace_id(), account_id, day)
    if row is None:
        abort(404)
    return row.account
