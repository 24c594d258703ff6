"""Settings, Encryption: the keys of a workspace, the rotation under way, and how often there is one."""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import Permission
from nimbus.services.rotate_keys import ask_for_rotation, change_schedule
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.encryption_view import EncryptionView
from nimbus.web.forms.encryption import ScheduleForm
from nimbus.web.partials import go, show

blueprint = Blueprint("encryption", __name__, url_prefix="/settings/encryption")


@blueprint.get("", endpoint="show")
@needs(Permission.MANAGE_WORKSPACE)
def overview() -> Response:
    return show("encryption/show.html", "encryption/_status.html", view=_view())


# Both ask for the password before they show their form, so that nothing typed is lost to that question.


@blueprint.route("/rotate", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKSPACE, proof=True)
def rotate() -> str | AnyResponse:
    if request.method == "GET":
        return render_template("encryption/rotate.html", view=_view())
    if ask_for_rotation(workspace_id(), asker=asker()):
        return go(url_for(".show"), "A new key seals from now on. What older ones sealed follows.")
    return go(url_for(".show"), "A rotation was under way already; it goes on.")


@blueprint.route("/schedule", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKSPACE, proof=True)
def schedule() -> str | tuple[str, int] | AnyResponse:
    if request.method == "GET":
        form = ScheduleForm(formdata=None, rotation_days=_view().rotation_days)
        return render_template("encryption/schedule.html", form=form)
    form = ScheduleForm()
    if not form.validate():
        return render_template("encryption/schedule.html", form=form), 422
    change_schedule(asker(), form.rotation_days.number)
    return go(url_for(".show"), "Saved.")


def _view() -> EncryptionView:
    return EncryptionView(signed_in().workspace)
