"""Signing in at Microsoft: who it is, whether the organisation lets the app in, and what the person agrees to.

Each step is a form that is posted to the same address, so that the request stays in the URL and nothing else is kept.
"""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.microsoft_asked import (
    PROTOCOL,
    Asked,
    permissions,
    read_request,
    wrong_wish,
)
from nimbus.sandbox.microsoft_errors import LoginRefused
from nimbus.sandbox.microsoft_grants import Grant
from nimbus.sandbox.microsoft_state import Microsoft, here, tenant_of
from nimbus.sandbox.world import Mailbox

login = Blueprint("login", __name__)


@login.route("/<tenant>/oauth2/v2.0/authorize", methods=["GET", "POST"])
def authorize(tenant: str) -> ResponseReturnValue:
    """The sign-in from its first page to the redirect."""
    microsoft = here()
    try:
        asked = read_request(microsoft, tenant, request.args)
    except LoginRefused as refused:
        return render_template("microsoft_problem.html", refused=refused), 400
    if wish := wrong_wish(asked, request.args):
        return asked.refuse(wish)
    if asked.prompt == "none":
        return asked.refuse(LoginRefused(50058), "login_required")
    if request.form.get("answer") == "cancel":
        return asked.refuse(LoginRefused(65004), error_subcode="cancel")
    if request.method == "GET":
        return _ask_who(microsoft, asked, None)
    return _next_step(microsoft, asked, request.form.get("answer", ""))


def _next_step(microsoft: Microsoft, asked: Asked, answer: str) -> ResponseReturnValue:
    """The page that this account has to see next, or the way back to the app with a code."""
    mailbox = microsoft.find(request.form.get("other") or request.form.get("account", ""))
    refused = asked.turns_away(mailbox) if mailbox else LoginRefused(50034)
    if mailbox is None or refused:
        return _ask_who(microsoft, asked, refused)
    if mailbox.faults.get("policy_block"):
        return render_template("microsoft_blocked.html", refused=LoginRefused(53003), account=mailbox), 403
    if answer == "verified":
        mailbox.faults.clear("mfa")
    if mailbox.faults.get("mfa"):
        return render_template("microsoft_mfa.html", account=mailbox)
    return _consent(microsoft, asked, mailbox, answer)


def _consent(microsoft: Microsoft, asked: Asked, mailbox: Mailbox, answer: str) -> ResponseReturnValue:
    microsoft.settle(mailbox)
    app, wanted = asked.app, asked.scopes - PROTOCOL
    with microsoft.world.lock:
        by_admin = microsoft.grants.consented(app.client_id, tenant_of(mailbox))
        agreed = by_admin | microsoft.grants.consented(app.client_id, mailbox.address)
    if mailbox.faults.get("admin_approval") and not wanted <= by_admin:
        if answer == "back":
            return asked.refuse(LoginRefused(90094), request.form.get("error", "access_denied"))
        return render_template("microsoft_approval.html", asked=asked, account=mailbox)
    if answer != "accept" and (asked.prompt == "consent" or not wanted <= agreed):
        return render_template(
            "microsoft_consent.html", asked=asked, account=mailbox, permissions=permissions(asked.scopes)
        )
    return _return_with_code(microsoft, asked, mailbox)


def _return_with_code(microsoft: Microsoft, asked: Asked, mailbox: Mailbox) -> ResponseReturnValue:
    """Back to the app. Two faults act here: other scopes than were asked for, and another person than was chosen."""
    address, scopes = mailbox.address, asked.scopes
    if fault := mailbox.faults.take("wrong_account", "authorize"):
        address = str(fault.values["address"]).lower()
    if fault := mailbox.faults.take("changed_scopes", "authorize"):
        scopes = frozenset(str(fault.values["scopes"]).split())
    with microsoft.world.lock:
        microsoft.grants.consent(asked.app.client_id, address, scopes - PROTOCOL)
        grant = Grant(asked.app.client_id, address)
        code = microsoft.grants.new_code(grant, scopes, asked.redirect_uri, asked.challenge)
    return asked.answer(code=code)


def _ask_who(microsoft: Microsoft, asked: Asked, refused: LoginRefused | None) -> ResponseReturnValue:
    """The first page: who fits, with the account that was hinted at or chosen before in front."""
    chosen = request.form.get("account") or asked.hint.lower()
    accounts = [each for each in microsoft.mailboxes() if not asked.turns_away(each)]
    page = render_template(
        "microsoft_account.html",
        asked=asked,
        accounts=sorted(accounts, key=lambda each: (each.address != chosen, each.address)),
        chosen=chosen,
        given=request.form.get("other") or chosen,
        refused=refused,
    )
    return page, 400 if refused else 200
