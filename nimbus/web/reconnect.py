"""Connecting an account again: other servers or another password for an address that stays."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth
from nimbus.models.account_queries import find_account
from nimbus.rules.connection_test import Leg, Purpose
from nimbus.rules.oauth import OAUTH_PROVIDERS
from nimbus.rules.providers import Provider
from nimbus.rules.roles import Permission
from nimbus.services.connect_account import (
    PasswordNeeded,
    account_settings,
    start_test,
)
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.connect import find_earlier, show_form
from nimbus.web.forms.connect import SmtpImapForm
from nimbus.web.limits import limit_connection_tests
from nimbus.web.oauth_view import leave_url, provider_name
from nimbus.web.partials import go

blueprint = Blueprint("reconnect", __name__, url_prefix="/email-accounts")


@blueprint.route("/<int:account_id>/reconnect", methods=["GET", "POST"], endpoint="form")
@needs(Permission.OPERATE, proof=True)
@limit_connection_tests
def connect_again(account_id: int) -> str | Response | AnyResponse:
    account = _account(account_id)
    provider = Provider(account.provider)
    if provider in OAUTH_PROVIDERS:
        return render_template(
            "connect/again.html",
            account=account,
            name=provider_name(provider),
            leave_url=leave_url(provider, account_id),
        )
    form = SmtpImapForm()
    earlier = find_earlier(form.from_test.data or request.args.get("from_test"), account_id=account_id)
    if request.method == "GET":
        settings = earlier.settings if earlier else account_settings(account).as_dict()
        form.show(settings | {"from_test": earlier.id if earlier else ""})
        form.same_login.data = settings["smtp_username"] == settings["imap_username"]
        return _shown(form, account, earlier)
    form.email.data = account.email  # the address is the account; another one is another account
    form.follow_security()
    if not form.validate():
        return _shown(form, account, earlier, status=422)
    try:
        test_id = start_test(
            asker(),
            form.settings(),
            form.passwords(),
            purpose=Purpose.RECONNECT,
            account_id=account_id,
            kept_from=earlier.id if earlier else None,
        )
    except PasswordNeeded as problem:
        field = form.smtp_password if problem.leg == Leg.SMTP or form.same_login.data else form.imap_password
        field.errors = ["Enter the password: a saved one is not sent to another server or user."]
        return _shown(form, account, earlier, status=422)
    return go(url_for("connect.test", test_id=test_id))


def _account(account_id: int) -> EmailAccountHealth:
    row = find_account(
        db.session(), workspace_id(), account_id, local_day(now(), signed_in().workspace.timezone)
    )
    if row is None:
        abort(404)
    return row.account


def _shown(
    form: SmtpImapForm, account: EmailAccountHealth, earlier: ConnectionTest | None, **options: Any
) -> Response:
    return show_form(
        form,
        earlier,
        heading="Change servers or password",
        submit_label="Test and save",
        account=account,
        **options,
    )
