"""Saying that this is the live installation; until somebody has, a copy says on every page that it sends nothing."""

from flask import Blueprint, Flask, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import Permission
from nimbus.services.live_place import confirm_here, here, live_places, place_state
from nimbus.web.access import asker, for_instance_owner, needs, signed_in
from nimbus.web.partials import go, wants_fragment

blueprint = Blueprint("place", __name__)


def init_place(app: Flask) -> None:
    app.context_processor(_copy_notice)


@blueprint.route("/system/confirm-place", methods=["GET", "POST"])
@for_instance_owner
@needs(Permission.READ, proof=True)
def confirm() -> str | AnyResponse:
    if request.method == "POST":
        confirm_here(asker())
        return go(url_for("home.show"), "Confirmed: this is the live installation. It sends again.")
    host, directory = here()
    return render_template(
        "place/confirm.html", state=place_state(), host=host, directory=directory, places=live_places()
    )


def _copy_notice() -> dict[str, object]:
    """What the layout says in a copy; nothing is looked up for a fragment, or once the place is known to be live."""
    if not current_user.is_authenticated or wants_fragment():
        return {"copy_notice": None}
    state = place_state()
    return {
        "copy_notice": None if state.confirmed else state.sentence,
        "may_confirm_place": signed_in().owns_instance,
    }
