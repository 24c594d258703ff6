"""An administrator's consent for everybody in a tenant (`providers.md` 2.4)."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.microsoft_asked import PROTOCOL, directory, known_scopes, permissions
from nimbus.sandbox.microsoft_errors import LoginRefused
from nimbus.sandbox.microsoft_state import Microsoft, here, tenant_id, tenant_of
from nimbus.sandbox.world import App

admin = Blueprint("admin", __name__)


@admin.route("/<tenant>/v2.0/adminconsent", methods=["GET", "POST"])
def admin_consent(tenant: str) -> ResponseReturnValue:
    """The page an administrator was sent the link of, and the way back from it."""
    microsoft = here()
    try:
        app, scopes = _read(microsoft, tenant)
    except LoginRefused as wrong:
        return render_template("microsoft_problem.html", refused=wrong), 400
    domains = _domains(microsoft, tenant)
    if request.method == "GET":
        words = permissions(scopes)
        return render_template("microsoft_admin.html", app=app, domains=domains, permissions=words)
    domain, answer = request.form.get("domain", ""), request.form.get("answer")
    if domain not in domains:
        return render_template("microsoft_problem.html", refused=LoginRefused(50020)), 400
    if answer == "accept":
        _consent(microsoft, app, domain, scopes)
        return _back(tenant=tenant_id(domain), scope=" ".join(sorted(scopes)))
    refused = LoginRefused(65004 if answer == "cancel" else 90094)
    return _back(error=refused.answer.error, error_description=refused.described(), tenant=tenant_id(domain))


def _read(microsoft: Microsoft, tenant: str) -> tuple[App, frozenset[str]]:
    """The app and the scopes of the request; LoginRefused for what never leads back."""
    if tenant in {"common", "consumers"}:
        raise LoginRefused(90014, "An administrator consents for organizations or for one tenant.")
    app = microsoft.app(request.args.get("client_id", ""))
    if app is None:
        raise LoginRefused(700016)
    if request.args.get("redirect_uri", "") not in app.redirect_uris:
        raise LoginRefused(50011)
    scopes = known_scopes(request.args.get("scope", ""))
    if not scopes:
        raise LoginRefused(70011)
    return app, scopes


def _domains(microsoft: Microsoft, tenant: str) -> list[str]:
    """The organisations of this world that the request is open to."""
    domains = {each.domain for each in microsoft.mailboxes() if not each.is_consumer}
    return sorted(
        each for each in domains if tenant == "organizations" or tenant_id(each) == directory(tenant)
    )


def _consent(microsoft: Microsoft, app: App, domain: str, scopes: frozenset[str]) -> None:
    with microsoft.world.lock:
        microsoft.grants.consent(app.client_id, tenant_id(domain), scopes - PROTOCOL)
        for mailbox in microsoft.mailboxes():
            if tenant_of(mailbox) == tenant_id(domain):
                mailbox.faults.clear("admin_approval")


def _back(**values: str) -> ResponseReturnValue:
    state = {"state": request.args["state"]} if "state" in request.args else {}
    return redirect(f"{request.args['redirect_uri']}?{urlencode({'admin_consent': 'True'} | values | state)}")
