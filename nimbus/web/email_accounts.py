"""The accounts: the list, one account's page, and everything that can be changed there."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models.account_queries import AccountRow, count_on_domain, find_account
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.connection_test import Purpose
from nimbus.rules.providers import Provider
from nimbus.rules.roles import Permission
from nimbus.services import shape_limit, update_account
from nimbus.services.account_changes import LimitTooHigh
from nimbus.services.connect_account import start_account_test
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.account_list import AccountList
from nimbus.web.account_page import page_of
from nimbus.web.account_view import AccountView
from nimbus.web.bulk_tasks import TASKS
from nimbus.web.eligibility_view import eligibility_of
from nimbus.web.forms.accounts import FolderForm, LimitForm, PriorityForm, RestrictionForm
from nimbus.web.forms.base import PlainForm
from nimbus.web.ids import row_id
from nimbus.web.limits import limit_connection_tests
from nimbus.web.log_view import EMPTY, TAB_WORDS, Tab, log_of
from nimbus.web.partials import go, show, wants_fragment
from nimbus.web.saved_views import own_views

blueprint = Blueprint("email_accounts", __name__, url_prefix="/email-accounts")

_NOT_TOLD = "Google could not be told: take its access away at myaccount.google.com/permissions."
_EDITABLE: dict[str, type[PlainForm]] = {"limit": LimitForm, "priority": PriorityForm, "folder": FolderForm}


@blueprint.get("")
def index() -> Response:
    view = AccountList(signed_in().workspace, request.args)
    return show(
        "email_accounts/index.html", "email_accounts/_list.html", view=view, views=own_views(), tasks=TASKS
    )


@blueprint.get("/<int:account_id>", endpoint="show")
def show_account(account_id: int) -> Response:
    row = _row(account_id)
    if wants_fragment():
        return _head(row)
    page = page_of(row, signed_in().workspace.timezone)
    return _head(row, page="email_accounts/show.html", editing=None, form=None, **page)


@blueprint.get("/<int:account_id>/log")
def log(account_id: int) -> Response:
    before, tab = request.args.get("before", type=row_id), request.args.get("show", Tab.ALL, type=Tab)
    account = _view(account_id)
    lines, older = log_of(workspace_id(), account_id, tab, before=before)
    return show(
        "email_accounts/log.html",
        "email_accounts/_log.html",
        account=account,
        lines=lines,
        older=older,
        tab=tab,
        tabs=TAB_WORDS,
        empty=EMPTY[tab],
    )


@blueprint.get("/<int:account_id>/edit")
@needs(Permission.OPERATE)
def edit(account_id: int) -> Response | AnyResponse:
    field = request.args.get("field", "")
    if field not in _EDITABLE:
        abort(404)
    account = _view(account_id)
    if request.args.get("cancel"):
        if wants_fragment():
            return _field(account, field, None)
        return go(url_for(".show", account_id=account_id))
    return _field(account, field, _filled(field, account))


@blueprint.post("/<int:account_id>/limit")
@needs(Permission.OPERATE)
def limit(account_id: int) -> Response | AnyResponse:
    form = LimitForm()
    if not form.validate_on_submit():
        return _field(_view(account_id), "limit", form)
    seen = int(form.seen.data) if (form.seen.data or "").isdigit() else None
    try:
        update_account.change_limit(asker(), account_id, form.daily_send_limit.number, seen=seen)
    except LimitTooHigh as problem:
        form.daily_send_limit.errors = [str(problem)]
        return _field(_view(account_id), "limit", form)
    except update_account.ChangedMeanwhile as problem:
        form.daily_send_limit.errors = [str(problem)]
        form.seen.data = str(problem.current)
        return _field(_view(account_id), "limit", form, status=409)
    return _changed(account_id, "limit")


@blueprint.post("/<int:account_id>/limit/automatic")
@needs(Permission.OPERATE)
def automatic(account_id: int) -> AnyResponse:
    _row(account_id)
    limit = shape_limit.use_automatic_limit(asker(), account_id)
    return go(url_for(".show", account_id=account_id), f"Its limit moves by itself again, from {limit:,} on.")


@blueprint.post("/<int:account_id>/personal")
@needs(Permission.OPERATE)
def personal(account_id: int) -> AnyResponse:
    _row(account_id)
    cap = shape_limit.mark_personal(asker(), account_id, is_personal="is_personal" in request.form)
    return go(url_for(".show", account_id=account_id), f"Saved. It sends {cap:,} mails in 24 hours at most.")


@blueprint.post("/<int:account_id>/priority")
@needs(Permission.OPERATE)
def priority(account_id: int) -> Response | AnyResponse:
    form = PriorityForm()
    if not form.validate_on_submit():
        return _field(_view(account_id), "priority", form)
    update_account.change_priority(asker(), account_id, form.rotation_priority.number)
    return _changed(account_id, "priority")


@blueprint.post("/<int:account_id>/restrictions")
@needs(Permission.OPERATE)
def restrictions(account_id: int) -> Response | AnyResponse:
    _row(account_id)
    form = RestrictionForm()
    if not form.validate_on_submit():
        abort(400)
    update_account.restrict(asker(), account_id, Restriction(form.restriction.data))
    if wants_fragment():
        return show("", "email_accounts/_restrictions.html", account=_view(account_id), saved=True)
    return go(url_for(".show", account_id=account_id), "Saved.")


@blueprint.post("/<int:account_id>/rotation")
@needs(Permission.OPERATE)
def rotation(account_id: int) -> Response | AnyResponse:
    _row(account_id)
    wanted = request.form.get("is_active")
    if wanted not in {"yes", "no"}:
        abort(400)
    update_account.switch_rotation(asker(), account_id, is_active=wanted == "yes")
    if wants_fragment():
        return _head(_row(account_id))
    return go(url_for(".show", account_id=account_id))


@blueprint.post("/<int:account_id>/folder")
@needs(Permission.OPERATE)
@limit_connection_tests
def folder(account_id: int) -> Response | AnyResponse:
    row = _with_servers(account_id)
    form = FolderForm()
    if not form.validate_on_submit():
        return _field(AccountView(row, signed_in().workspace.timezone), "folder", form)
    changes = {"imap_folder": form.imap_folder.data}
    test_id = start_account_test(asker(), row.account, purpose=Purpose.FOLDER, changes=changes)
    return go(url_for("connect.test", test_id=test_id))


@blueprint.post("/<int:account_id>/test")
@needs(Permission.OPERATE)
@limit_connection_tests
def test(account_id: int) -> AnyResponse:
    test_id = start_account_test(asker(), _with_servers(account_id).account, purpose=Purpose.RETEST)
    return go(url_for("connect.test", test_id=test_id))


@blueprint.route("/<int:account_id>/remove", methods=["GET", "POST"])
@needs(Permission.OPERATE, proof=True)
def remove(account_id: int) -> str | AnyResponse:
    account = _view(account_id)
    if request.method == "GET":
        return render_template("email_accounts/remove.html", account=account)
    told = update_account.remove_account(asker(), account_id)
    notice = f"{account.email} was removed. Its history is kept for 30 days."
    if not told:
        return go(url_for(".index"), f"{notice} {_NOT_TOLD}", "bad")
    return go(url_for(".index"), notice)


def _row(account_id: int) -> AccountRow:
    day = local_day(now(), signed_in().workspace.timezone)
    row = find_account(db.session(), workspace_id(), account_id, day)
    if row is None:
        abort(404)
    return row


def _with_servers(account_id: int) -> AccountRow:
    """An account that signs in at mail servers; at a provider there is nothing of that kind to test or to choose."""
    row = _row(account_id)
    if row.account.provider != Provider.SMTP_IMAP:
        abort(404)
    return row


def _head(row: AccountRow, *, page: str = "", **context: Any) -> Response:
    """The head of the page, which keeps itself fresh; or the page that it belongs to."""
    eligible = eligibility_of(row, signed_in().workspace.timezone)
    return show(page, "email_accounts/_head.html", account=_seen(row), eligible=eligible, **context)


def _view(account_id: int) -> AccountView:
    return _seen(_row(account_id))


def _seen(row: AccountRow) -> AccountView:
    on_domain = count_on_domain(db.session(), workspace_id(), row.account.domain_id)
    return AccountView(row, signed_in().workspace.timezone, domain_inboxes=on_domain)


def _filled(field: str, account: Any) -> PlainForm:
    form = _EDITABLE[field](formdata=None, obj=account)
    if field == "limit":
        form["seen"].data = str(account.daily_send_limit)
    return form


def _field(account: AccountView, field: str, form: PlainForm | None, *, status: int = 422) -> Response:
    """The fact with its form, with errors where there are any; without a form, the plain value."""
    shown = 200 if form is None or not form.errors else status
    return show(
        "email_accounts/edit.html",
        f"email_accounts/_{field}.html",
        shown,
        account=account,
        editing=field if form else None,
        form=form,
    )


def _changed(account_id: int, field: str) -> Response | AnyResponse:
    if wants_fragment():
        return _field(_view(account_id), field, None)
    return go(url_for(".show", account_id=account_id), "Saved.")
