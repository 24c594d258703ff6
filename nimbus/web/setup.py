"""The first start: making the workspace and its owner with the one-time code from the terminal."""

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.services.set_up import WrongSetupCode, is_set_up, set_up
from nimbus.services.sign_in import open_session
from nimbus.web.forms.people import SetupForm
from nimbus.web.limits import limit_setup
from nimbus.web.partials import go
from nimbus.web.sessions import start

blueprint = Blueprint("setup", __name__)


@blueprint.route("/setup", methods=["GET", "POST"])
@limit_setup
def new() -> str | tuple[str, int] | AnyResponse:
    if is_set_up():
        if request.method == "POST":
            abort(403)
        return go(url_for("home.show"))
    form = SetupForm()
    if request.method == "GET":
        return render_template("setup/new.html", form=form)
    if not form.validate():
        return render_template("setup/new.html", form=form), 422
    try:
        workspace_id, user_id = set_up(
            code=form.code.data,
            workspace=form.workspace.data,
            name=form.name.data,
            email=form.email.data,
            password=form.password.data,
            timezone=form.timezone.data,
            address=request.remote_addr or "",
        )
    except WrongSetupCode as problem:
        form.code.errors = [str(problem)]
        return render_template("setup/new.html", form=form), 422
    start(
        open_session(
            workspace_id,
            user_id,
            address=request.remote_addr or "",
            browser=request.headers.get("User-Agent", ""),
        )
    )
    return go(url_for("home.show"))
