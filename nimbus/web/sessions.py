"""Signing in and out."""

from flask import Blueprint, abort, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import Permission
from nimbus.services.sign_in import sign_in, sign_out
from nimbus.web.access import asker, load_person, needs, signed_in
from nimbus.web.forms.people import SignInForm
from nimbus.web.known_browser import remember_browser
from nimbus.web.limits import limit_sign_in
from nimbus.web.own_paths import own_path
from nimbus.web.partials import go

blueprint = Blueprint("sessions", __name__)

_WRONG = "This email and password do not belong together. Check both and try again."


@blueprint.route("/login", methods=["GET", "POST"])
@limit_sign_in
def new() -> str | tuple[str, int] | AnyResponse:
    form = SignInForm()
    if request.method == "GET":
        if current_user.is_authenticated:
            return go(url_for("home.show"))
        form.next.data = request.args.get("next", "")
        return render_template("sessions/new.html", form=form, problem="")
    if not form.validate():
        return render_template("sessions/new.html", form=form, problem=""), 422
    token = sign_in(
        form.email.data,
        form.password.data,
        address=request.remote_addr or "",
        browser=request.headers.get("User-Agent", ""),
    )
    if token is None:
        return render_template("sessions/new.html", form=form, problem=_WRONG), 422
    if current_user.is_authenticated:
        sign_out(asker(), signed_in().token)  # whoever was signed in here before is not any more
    start(token)
    return go(own_path(form.next.data) or url_for("home.show"))


@blueprint.post("/logout")
@needs(Permission.READ)
def end() -> AnyResponse:
    sign_out(asker(), signed_in().token)
    logout_user()
    session.clear()
    response = go(url_for(".new"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def start(token: str) -> None:
    """Put a session's token into the cookie, in place of whatever was there before."""
    session.clear()
    session.permanent = True
    person = load_person(token)
    if person is None:
        abort(500)
    login_user(person)
    remember_browser(person.email)
