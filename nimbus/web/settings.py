"""Settings: the pages beneath it, which of them a person may open, and the way to the first."""

from dataclasses import dataclass

from flask import Blueprint, Flask, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.rules.roles import Permission
from nimbus.web.access import person_may
from nimbus.web.partials import go

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the settings: its blueprint, its first endpoint, its name and what it asks for."""

    blueprint: str
    endpoint: str
    label: str
    permission: Permission = Permission.READ


SECTIONS: tuple[Section, ...] = (
    Section("workspace_settings", "workspace_settings.show", "Workspace"),
    Section("team", "team.index", "Team", Permission.MANAGE_MEMBERS),
    Section("encryption", "encryption.show", "Encryption", Permission.MANAGE_WORKSPACE),
    Section("audit", "audit.index", "Audit log", Permission.MANAGE_MEMBERS),
    Section("you", "you.show", "You"),
)
BLUEPRINTS = frozenset({"settings", *(section.blueprint for section in SECTIONS)})


def init_settings(app: Flask) -> None:
    app.context_processor(lambda: {"settings_tabs": _tabs})


@blueprint.get("")
def index() -> AnyResponse:
    return go(url_for(_open_sections()[0].endpoint))


def _open_sections() -> list[Section]:
    return [section for section in SECTIONS if person_may(section.permission)]


def _tabs() -> list[tuple[str, str, bool]]:
    """(label, address, whether it is open) of each page that this person may open."""
    if not current_user.is_authenticated:
        return []
    return [
        (section.label, url_for(section.endpoint), section.blueprint == request.blueprint)
        for section in _open_sections()
    ]
