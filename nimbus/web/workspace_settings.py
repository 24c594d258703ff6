"""Settings, Workspace: its name, its time zone, and how many inboxes it may have."""

from typing import Any

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.rules.account_limits import SOFT_LIMIT
from nimbus.rules.day_change import what_today_becomes
from nimbus.rules.roles import Permission
from nimbus.services.switch_workspace import NameTaken
from nimbus.services.workspace_settings import change_workspace, set_account_limit
from nimbus.web.access import asker, for_instance_owner, needs, signed_in, workspace_id
from nimbus.web.account_room import account_room
from nimbus.web.forms.workspace import AccountLimitForm, WorkspaceForm
from nimbus.web.partials import go

blueprint = Blueprint("workspace_settings", __name__, url_prefix="/settings/workspace")


@blueprint.get("")
def show() -> str:
    return _page()


@blueprint.post("")
@needs(Permission.MANAGE_WORKSPACE)
def change() -> tuple[str, int] | AnyResponse:
    form, before = WorkspaceForm(), signed_in().workspace.timezone
    if not form.validate():
        return _page(form=form), 422
    try:
        change_workspace(asker(), name=form.name.data, timezone=form.timezone.data)
    except NameTaken as problem:
        form.name.errors = [str(problem)]
        return _page(form=form), 422
    after = form.timezone.data
    effect = "" if after == before else f" {what_today_becomes(before, after, now())}"
    return go(url_for(".show"), f"Saved.{effect}")


@blueprint.post("/limit")
@needs(Permission.READ)
@for_instance_owner
def limit() -> tuple[str, int] | AnyResponse:
    form = AccountLimitForm()
    if not form.validate():
        return _page(limit_form=form), 422
    set_account_limit(workspace_id(), form.account_limit.data, asker=asker())
    return go(url_for(".show"), "Saved.")


def _page(**forms: Any) -> str:
    """The page with the form that was sent in, and what is true now in the other."""
    workspace, room = signed_in().workspace, account_room()
    shown = {
        "form": WorkspaceForm(formdata=None, name=workspace.name, timezone=workspace.timezone),
        "limit_form": AccountLimitForm(formdata=None, account_limit=room.limit),
    }
    return render_template(
        "workspace_settings/show.html", room=room, soft_limit=SOFT_LIMIT, now=now(), **shown | forms
    )
