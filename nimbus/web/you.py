"""One's own settings: name, password, where one is signed in; and typing the password again before what matters."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import Permission
from nimbus.services.end_sessions import end_other_sessions, end_session, list_sessions
from nimbus.services.update_person import (
    SessionEnded,
    WrongPassword,
    change_name,
    change_password,
    confirm_password,
)
from nimbus.web.access import asker, needs, signed_in
from nimbus.web.components import plural
from nimbus.web.forms.people import ConfirmForm, NameForm, PasswordForm
from nimbus.web.limits import limit_password
from nimbus.web.own_paths import own_path
from nimbus.web.partials import go
from nimbus.web.sessions import start

blueprint = Blueprint("you", __name__)


@blueprint.get("/settings/you", endpoint="show")
def show_you() -> str:
    return _page()


@blueprint.post("/settings/you/name")
@needs(Permission.READ)
def name() -> tuple[str, int] | AnyResponse:
    form = NameForm()
    if not form.validate():
        return _page(name_form=form), 422
    change_name(asker(), form.name.data)
    return go(url_for(".show"), "Your name was changed.")


@blueprint.post("/settings/you/password")
@needs(Permission.READ)
@limit_password
def password() -> tuple[str, int] | AnyResponse:
    form = PasswordForm()
    person = signed_in()
    form.own_words = (person.name, person.email, person.workspace.name)
    if not form.validate():
        return _page(password_form=form), 422
    try:
        token, ended = change_password(
            asker(), person.token, current=form.current_password.data, new=form.password.data
        )
    except WrongPassword as problem:
        form.current_password.errors = [str(problem)]
        return _page(password_form=form), 422
    except SessionEnded:
        return go(url_for("sessions.new"))
    start(token)
    return go(url_for(".show"), f"Your password was changed. {_ended(ended)}")


@blueprint.post("/settings/you/sessions/<session_id>/end")
@needs(Permission.READ, proof=True)
def end_one(session_id: str) -> AnyResponse:
    if not end_session(asker(), session_id):
        abort(404)
    return go(url_for(".show", _anchor="sessions"), "That session was ended.")


@blueprint.post("/settings/you/sessions/end-others")
@needs(Permission.READ, proof=True)
def end_others() -> AnyResponse:
    ended = end_other_sessions(asker(), signed_in().token)
    return go(url_for(".show", _anchor="sessions"), _ended(ended))


@blueprint.route("/confirm", methods=["GET", "POST"])
@needs(Permission.READ)
@limit_password
def confirm() -> str | tuple[str, int] | AnyResponse:
    form = ConfirmForm()
    if request.method == "GET":
        form.next.data = request.args.get("next", "")
        return render_template("you/confirm.html", form=form)
    if not form.validate():
        return render_template("you/confirm.html", form=form), 422
    try:
        confirm_password(asker(), signed_in().token, form.password.data)
    except WrongPassword as problem:
        form.password.errors = [str(problem)]
        return render_template("you/confirm.html", form=form), 422
    except SessionEnded:
        return go(url_for("sessions.new", next=own_path(form.next.data)))
    return go(own_path(form.next.data) or url_for("home.show"))


def _page(*, name_form: NameForm | None = None, password_form: PasswordForm | None = None) -> str:
    person = signed_in()
    shown: dict[str, Any] = {
        "name_form": name_form or NameForm(formdata=None, name=person.name),
        "password_form": password_form or PasswordForm(formdata=None),
        "sessions": list_sessions(person.user_id, person.token),
    }
    return render_template("you/show.html", wrong=name_form or password_form, **shown)


def _ended(count: int) -> str:
    if count == 0:
        return "No other session was open."
    return f"{plural(count, 'other session', 'other sessions')} {'was' if count == 1 else 'were'} ended."
