"""Connecting an account: the four paths, the form of the fourth, and the test that decides."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import SystemClock
from nimbus.extensions import db
from nimbus.models import ConnectionTest
from nimbus.models.account_queries import count_on_domain, find_account_by_email
from nimbus.queues import workers_alive
from nimbus.rules.connection_test import Leg, Purpose, State
from nimbus.rules.roles import Permission
from nimbus.services.account_limits import AccountLimitReached
from nimbus.services.connect_account import (
    AlreadyConnected,
    PasswordNeeded,
    apply_fix,
    find_test,
    kept_secrets,
    probe_replies,
    start_test,
    stop_test,
    wait_longer,
)
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.connect_paths import cards, describe_reachinbox
from nimbus.web.connection_test_view import ConnectionTestView, Outcome
from nimbus.web.forms.connect import SmtpImapForm, blank_settings
from nimbus.web.limits import limit_connection_tests
from nimbus.web.partials import go, show

blueprint = Blueprint("connect", __name__, url_prefix="/email-accounts/connect")

_NO_WORKER_AFTER = 5  # seconds a test may be queued before the page asks whether anybody is working


@blueprint.get("", endpoint="new")
@needs(Permission.OPERATE)
def choose() -> str:
    return render_template("connect/new.html", cards=cards())


@blueprint.get("/reachinbox")
@needs(Permission.OPERATE)
def reachinbox() -> str:
    return render_template("connect/path.html", path=describe_reachinbox())


@blueprint.route("/smtp", methods=["GET", "POST"])
@needs(Permission.OPERATE)
@limit_connection_tests
def smtp() -> Response | AnyResponse:
    form = SmtpImapForm()
    earlier = find_earlier(form.from_test.data or request.args.get("from_test"))
    if request.method == "GET":
        form.show(earlier.settings | {"from_test": earlier.id} if earlier else blank_settings())
        if earlier:
            form.same_login.data = earlier.settings["smtp_username"] == earlier.settings["imap_username"]
        return show_form(form, earlier)
    form.follow_security()
    if not form.validate():
        return show_form(form, earlier, status=422)
    try:
        test_id = start_test(
            asker(), form.settings(), form.passwords(), kept_from=earlier.id if earlier else None
        )
    except AlreadyConnected as problem:
        form.email.errors = [*form.email.errors, str(problem)]
        return show_form(form, earlier, status=422, connected_id=problem.account_id)
    except AccountLimitReached as full:
        return show_form(form, earlier, status=422, problem=str(full))
    except PasswordNeeded as problem:
        field = form.smtp_password if problem.leg == Leg.SMTP or form.same_login.data else form.imap_password
        field.errors = [*field.errors, str(problem)]
        return show_form(form, earlier, status=422)
    return go(url_for(".test", test_id=test_id))


def show_form(
    form: SmtpImapForm, earlier: ConnectionTest | None, *, status: int = 200, **context: Any
) -> Response:
    """The form with what an earlier test keeps; also used to connect an account again."""
    kept = kept_secrets(asker(), earlier) if earlier else None
    context = {
        "heading": "Connect over SMTP and IMAP",
        "submit_label": "Test and connect",
        "account": None,
        "connected_id": None,
    } | context
    return show(
        "connect/smtp_imap.html",
        "connect/_form.html",
        status,
        form=form,
        kept={leg.value: kept is not None and leg in kept.legs for leg in Leg},
        kept_until=kept.until if kept and kept.legs else None,
        **context,
    )


@blueprint.get("/tests/<int:test_id>")
def test(test_id: int) -> Response:
    found = _found(test_id)
    view = ConnectionTestView(found, asker())
    view.outcome = _outcome(found, view) if view.state == State.PASSED else None
    view.no_worker = _no_worker(view)
    return show("connect/test.html", "connect/_test.html", test=view)


@blueprint.post("/tests/<int:test_id>/fix")
@needs(Permission.OPERATE)
@limit_connection_tests
def fix(test_id: int) -> AnyResponse:
    found = _found(test_id)
    key = request.form.get("fix", "")
    url = url_for(".test", test_id=test_id)
    try:
        if key == "wait_more":
            goes_on = wait_longer(asker(), test_id)
            return go(url, "" if goes_on else "This test cannot be continued. Test again.", "bad")
        if key == "probe_replies":
            return go(url_for(".test", test_id=probe_replies(asker(), found)))
        changes = {fix.key: fix.changes for fix in ConnectionTestView(found, asker()).offered}.get(key)
        if changes is None:
            abort(400)
        return go(url_for(".test", test_id=apply_fix(asker(), found, changes)))
    except PasswordNeeded:
        return go(
            url, "The passwords were kept for 15 minutes and are gone. Edit and enter them again.", "bad"
        )
    except AlreadyConnected as problem:
        return go(url_for("email_accounts.show", account_id=problem.account_id), str(problem), "bad")
    except AccountLimitReached as full:
        return go(url, str(full), "bad")


@blueprint.post("/tests/<int:test_id>/stop")
@needs(Permission.OPERATE)
def stop(test_id: int) -> AnyResponse:
    found = _found(test_id)
    stop_test(asker(), test_id)
    view = ConnectionTestView(found, asker())
    if view.purpose in {Purpose.CONNECT, Purpose.RECONNECT} and view.edit_url:
        return go(view.edit_url)
    return go(url_for(".test", test_id=test_id))


def _found(test_id: int) -> ConnectionTest:
    found = find_test(workspace_id(), test_id)
    if found is None:
        abort(404)
    return found


def find_earlier(test_id: str | None, *, account_id: int | None = None) -> ConnectionTest | None:
    """The test whose form is edited; one of another person or account shows nothing of what was typed."""
    if not test_id or not test_id.isascii() or not test_id.isdigit() or len(test_id) > 9:
        return None
    found = find_test(workspace_id(), int(test_id))
    mine = found is not None and found.user_id == signed_in().user_id and found.account_id == account_id
    return found if mine else None


def _no_worker(view: ConnectionTestView) -> dict[str, str] | None:
    if view.state != State.QUEUED or view.age_seconds < _NO_WORKER_AFTER:
        return None
    if any("interactive" in worker.queues for worker in workers_alive(SystemClock().now())):
        return None
    return {"sentence": "None is running. Start it with this command.", "command": "make worker"}


def _outcome(found: ConnectionTest, view: ConnectionTestView) -> Outcome:
    if view.purpose == Purpose.PROBE:
        sentence = "Signing in and opening the folder works. Sending still has to."
        return Outcome(sentence, view.edit_url or "", None, found.warning)
    account_url = url_for("email_accounts.show", account_id=found.account_id)
    if view.purpose == Purpose.FOLDER:
        return Outcome(f"Replies are read from {view.settings.imap_folder}.", account_url, None, None)
    if view.purpose != Purpose.CONNECT:
        return Outcome("A message went out and came back.", account_url, None, found.warning)
    return Outcome(_connected(view), account_url, url_for(".smtp"), found.warning)


def _connected(view: ConnectionTestView) -> str:
    account = find_account_by_email(db.session(), workspace_id(), view.email)
    if account is None:
        return "The account was removed since."
    others = count_on_domain(db.session(), workspace_id(), account.domain_id) - 1
    company = f" ({others} other inbox{'es' if others > 1 else ''})" if others else ""
    return (
        f"Linked to domain {view.settings.domain}{company}. "
        f"Stage {account.current_stage}, {account.daily_send_limit} mails a day. "
        "The test message stays in the mailbox."
    )
