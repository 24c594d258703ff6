"""Following an invitation, as somebody new, as somebody with an account, and as somebody who is signed in."""

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import MEANINGS
from nimbus.services.invitations import (
    HasAccount,
    InvitationGone,
    OpenInvitation,
    WrongPassword,
    accept_as,
    accept_as_new,
    accept_with_password,
    find_invitation,
)
from nimbus.services.sign_in import open_session
from nimbus.services.switch_workspace import open_workspace
from nimbus.web.access import asker, signed_in
from nimbus.web.forms.invitations import JoinForm, KnownJoinForm
from nimbus.web.limits import limit_sign_in
from nimbus.web.partials import go
from nimbus.web.sessions import start

blueprint = Blueprint("invitations", __name__, url_prefix="/invite")

_Answer = tuple[str, int] | AnyResponse


def init_invitations(app: Flask) -> None:
    """Answer every link that opens nothing with the same page, whatever the reason."""
    app.register_error_handler(InvitationGone, lambda _error: (render_template("invitations/gone.html"), 404))


@blueprint.get("/<token>")
def show(token: str) -> _Answer:
    invitation = find_invitation(token)
    if current_user.is_authenticated:
        return _signed_in_page(invitation)
    form = KnownJoinForm() if invitation.has_account else JoinForm()
    return _page(invitation, form)


@blueprint.post("/<token>")
@limit_sign_in
def accept(token: str) -> _Answer:
    invitation = find_invitation(token)
    if current_user.is_authenticated:
        return _join_signed_in(token, invitation)
    if request.form.get("email", "").strip().lower() != invitation.email:
        abort(
            400
        )  # tries are counted by the address in the form, so it must be the one whose password is tried
    return _join_known(token, invitation) if invitation.has_account else _join_new(token, invitation)


def _join_signed_in(token: str, invitation: OpenInvitation) -> _Answer:
    if signed_in().email != invitation.email:
        return _signed_in_page(invitation)
    workspace_id = accept_as(token, signed_in().user_id, address=request.remote_addr or "")
    open_workspace(asker(), signed_in().token, workspace_id)
    return go(url_for("home.show"), _welcome(invitation))


def _join_known(token: str, invitation: OpenInvitation) -> _Answer:
    form = KnownJoinForm()
    if not form.validate():
        return _page(invitation, form, 422)
    try:
        workspace_id, user_id = accept_with_password(
            token, form.password.data or "", address=request.remote_addr or ""
        )
    except WrongPassword as problem:
        form.password.errors = [str(problem)]
        return _page(invitation, form, 422)
    return _begin(workspace_id, user_id, invitation)


def _join_new(token: str, invitation: OpenInvitation) -> _Answer:
    form = JoinForm()
    form.own_words = (invitation.workspace_name,)
    if not form.validate():
        return _page(invitation, form, 422)
    try:
        workspace_id, user_id = accept_as_new(
            token,
            name=form.name.data or "",
            password=form.password.data or "",
            address=request.remote_addr or "",
        )
    except HasAccount:
        return go(
            url_for(".show", token=token)
        )  # made a moment ago by another invitation: its password is asked
    return _begin(workspace_id, user_id, invitation)


def _begin(workspace_id: int, user_id: int, invitation: OpenInvitation) -> AnyResponse:
    browser = request.headers.get("User-Agent", "")
    start(open_session(workspace_id, user_id, address=request.remote_addr or "", browser=browser))
    return go(url_for("home.show"), _welcome(invitation))


def _page(invitation: OpenInvitation, form: JoinForm | KnownJoinForm, status: int = 200) -> _Answer:
    meaning = MEANINGS[invitation.role]
    return render_template("invitations/join.html", invitation=invitation, meaning=meaning, form=form), status


def _signed_in_page(invitation: OpenInvitation) -> _Answer:
    if signed_in().email == invitation.email:
        meaning = MEANINGS[invitation.role]
        return render_template("invitations/confirm.html", invitation=invitation, meaning=meaning), 200
    hint = _hint(invitation.email)
    return render_template("invitations/other.html", invitation=invitation, hint=hint), 403


def _hint(email: str) -> str:
    """An address that its person recognises and nobody else learns: “b…@example.com”."""
    local, _, domain = email.partition("@")
    return f"{local[0]}…@{domain}"


def _welcome(invitation: OpenInvitation) -> str:
    return f"Welcome to {invitation.workspace_name}."
