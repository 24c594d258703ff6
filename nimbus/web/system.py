"""/system: what `flask doctor` says, for the person who runs the installation."""

from flask import Blueprint, Response

from nimbus.extensions import db
from nimbus.services.doctor import examine
from nimbus.web.access import for_instance_owner
from nimbus.web.partials import show as show_page
from nimbus.web.system_sends import system_sends

blueprint = Blueprint("system", __name__, url_prefix="/system")


@blueprint.get("")
@for_instance_owner
def show() -> Response:
    sends = system_sends()
    db.session.commit()  # looking takes seconds where something is away; no connection is held for that
    return show_page(
        "system/show.html", "system/_diagnosis.html", diagnosis=examine(remember=True), sends=sends
    )
