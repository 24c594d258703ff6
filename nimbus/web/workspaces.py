"""A person's workspaces: which one is open, leaving one, and making a new one."""

from flask import Blueprint, Flask, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models.member_queries import OwnWorkspace, list_own_workspaces
from nimbus.rules.roles import Permission
from nimbus.services.switch_workspace import NameTaken, make_workspace, open_workspace
from nimbus.services.team import LastOwner, remove_member
from nimbus.web.access import asker, for_instance_owner, lead_on, needs, signed_in
from nimbus.web.forms.base import PlainForm
from nimbus.web.forms.workspaces import NewWorkspaceForm
from nimbus.web.partials import go

blueprint = Blueprint("workspaces", __name__, url_prefix="/workspaces")


def init_workspaces(app: Flask) -> None:
    """Let the layout list a person's workspaces; a fragment, which has no layout, never asks for them."""
    app.context_processor(lambda: {"own_workspaces": _own_workspaces})


@blueprint.get("")
def index() -> str:
    return render_template("workspaces/index.html", workspaces=_own_workspaces())


@blueprint.post("/<int:workspace_id>/open", endpoint="open")
@needs(Permission.READ)
def open_one(workspace_id: int) -> AnyResponse:
    open_workspace(asker(), signed_in().token, workspace_id)
    return go(url_for("home.show"))


@blueprint.route("/leave", methods=["GET", "POST"])
@needs(Permission.READ, proof=True)
def leave() -> str | tuple[str, int] | AnyResponse:
    form = PlainForm()
    others = [each for each in _own_workspaces() if each.id != signed_in().workspace.id]
    if not form.is_submitted():
        return render_template("workspaces/leave.html", others=others, problem="")
    try:
        remove_member(asker(), signed_in().user_id)
    except LastOwner as problem:
        return render_template("workspaces/leave.html", others=others, problem=str(problem)), 422
    return lead_on("You left", "ok") or go(url_for("home.show"))


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.READ)
@for_instance_owner
def new() -> str | tuple[str, int] | AnyResponse:
    form = NewWorkspaceForm(timezone=signed_in().workspace.timezone)
    if not form.is_submitted():
        return render_template("workspaces/new.html", form=form)
    if not form.validate():
        return render_template("workspaces/new.html", form=form), 422
    try:
        workspace_id = make_workspace(asker(), form.name.data, form.timezone.data)
    except NameTaken as problem:
        form.name.errors = [str(problem)]
        return render_template("workspaces/new.html", form=form), 422
    open_workspace(asker(), signed_in().token, workspace_id)
    return go(
        url_for("home.show"),
        f"{form.name.data} is ready, and you own it. Invite its people under Settings, Team.",
    )


def _own_workspaces() -> list[OwnWorkspace]:
    return list_own_workspaces(db.session(), signed_in().user_id) if current_user.is_authenticated else []
