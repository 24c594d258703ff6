"""Whether another inbox may be added, for every page that leads to one."""

from flask import Flask
from flask_login import current_user

from nimbus.extensions import db
from nimbus.models.account_queries import count_connected
from nimbus.rules.account_limits import Notice, Room, notice
from nimbus.services.account_limits import account_limit
from nimbus.web.access import workspace_id


def init_account_room(app: Flask) -> None:
    app.context_processor(lambda: {"room_notice": _room_notice})


def account_room() -> Room:
    """How many inboxes the workspace at hand has, and may have."""
    session = db.session()
    return Room(count_connected(session, workspace_id()), account_limit(session, workspace_id()))


def _room_notice() -> Notice | None:
    return notice(account_room()) if current_user.is_authenticated else None
