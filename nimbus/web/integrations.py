"""Integrations: the sign-in apps at Google and Microsoft, how each is set up, and whether it works."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.rules.providers import Provider
from nimbus.rules.redirect_uri import redirect_problem
from nimbus.rules.roles import Permission
from nimbus.services.check_app import Step, check_app
from nimbus.services.check_apps import RefusedApp, refused_apps
from nimbus.services.oauth_attempts import redirect_uri
from nimbus.services.provider_apps import KnownApp, SecretNeeded, known_app, remove_app, save_app
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.forms.integrations import FORMS, AppForm
from nimbus.web.limits import limit_connection_tests
from nimbus.web.oauth_view import PATHS, WHO, provider_name
from nimbus.web.partials import go

blueprint = Blueprint("integrations", __name__, url_prefix="/integrations")

_UNLOCKS = {
    Provider.GMAIL: "Connects Gmail and Google Workspace inboxes by signing in.",
    Provider.MICROSOFT: "Connects Microsoft 365 and Outlook.com inboxes by signing in.",
}


@blueprint.get("")
def index() -> str:
    apps = [
        {"who": who, "name": provider_name(provider), "unlocks": _UNLOCKS[provider], "app": _known(provider)}
        for who, provider in WHO.items()
    ]
    return render_template("integrations/index.html", apps=apps)


@blueprint.get("/<any(google, microsoft):who>", endpoint="app")
def show_app(who: str) -> str:
    return _page(who)


@blueprint.post("/<any(google, microsoft):who>/check")
@needs(Permission.MANAGE_WORKSPACE)
@limit_connection_tests
def check(who: str) -> str | AnyResponse:
    steps = check_app(asker(), WHO[who])
    app = _known(WHO[who])
    if app is None or app.is_own:
        return go(url_for(".app", who=who, _anchor="check"))
    return _page(who, steps=steps)


# Asks for the password before it shows its form, so that nothing typed is lost to that question.
@blueprint.route("/<any(google, microsoft):who>/edit", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKSPACE, proof=True)
def edit(who: str) -> str | tuple[str, int] | AnyResponse:
    app = _known(WHO[who])
    own = app if app and app.is_own else None
    if request.method == "GET":
        return _form_page(who, FORMS[who](formdata=None, obj=own), own)
    form = FORMS[who]()
    if not form.validate():
        return _form_page(who, form, own), 422
    try:
        save_app(asker(), WHO[who], **form.values())
    except SecretNeeded as problem:
        form.client_secret.errors = [str(problem)]
        return _form_page(who, form, own), 422
    return go(url_for(".app", who=who), "Saved. Check it to see whether it works.")


@blueprint.route("/<any(google, microsoft):who>/remove", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKSPACE, proof=True)
def remove(who: str) -> str | AnyResponse:
    app = _known(WHO[who])
    if app is None or not app.is_own:
        return go(url_for(".app", who=who))
    if request.method == "GET":
        return render_template("integrations/remove.html", who=who, name=provider_name(WHO[who]), app=app)
    remove_app(asker(), WHO[who])
    return go(url_for(".app", who=who), "The app was removed.")


def _known(provider: Provider) -> KnownApp | None:
    return known_app(db.session(), workspace_id(), provider)


def _refused(app: KnownApp) -> list[RefusedApp]:
    return [each for each in refused_apps(db.session(), workspace_id()) if each.client_id == app.client_id]


def _page(who: str, *, steps: list[Step] | None = None) -> str:
    provider = WHO[who]
    app, uri = _known(provider), redirect_uri(provider)
    kept = [Step(*step) for step in app.check] if app else []
    return render_template(
        "integrations/app.html",
        who=who,
        name=provider_name(provider),
        path=PATHS[provider],
        app=app,
        redirect_uri=uri,
        redirect_problem=redirect_problem(provider, uri),
        refused=next(iter(_refused(app)), None) if app else None,
        steps=steps if steps is not None else kept,
        checked_at=app.checked_at if app and steps is None else None,
    )


def _form_page(who: str, form: AppForm, own: KnownApp | None) -> str:
    context: dict[str, Any] = {"who": who, "name": provider_name(WHO[who]), "own": own}
    return render_template("integrations/edit.html", form=form, **context)
