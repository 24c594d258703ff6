"""What a workspace is called, when its days begin, and how many inboxes it may have."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import Workspace
from nimbus.models.account_queries import count_connected
from nimbus.rules.account_limits import LARGEST_LIMIT, Room
from nimbus.rules.audit import Action
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.day_carry import carry_day
from nimbus.services.switch_workspace import NameTaken


class UnclearWorkspace(NimbusError):
    """No workspace has this name, or more than one has it."""


class DoubtfulLimit(NimbusError):
    """A limit of inboxes below nought or beyond what anybody means."""


def change_workspace(asker: Asker, *, name: str, timezone: str) -> None:
    """Give the asker's workspace another name or another IANA time zone. Raises NameTaken."""
    with transaction() as session:
        workspace = _locked(session, asker.workspace_id)
        changes = {}
        if workspace.name != name:
            # Commands tell workspaces apart by name, so none may pass for another.
            if session.scalar(sa.select(Workspace.id).where(Workspace.name == name)):
                raise NameTaken(f"There is a workspace called {name} already. Choose another name.")
            changes["name"] = f"from {workspace.name} to {name}"
        if workspace.timezone != timezone:
            changes["time_zone"] = f"from {workspace.timezone} to {timezone}"
            carry_day(session, workspace.id, before=workspace.timezone, after=timezone, moment=now())
        if changes:
            workspace.name, workspace.timezone = name, timezone
            _record(session, Action.WORKSPACE_CHANGED, workspace, asker, **changes)


def set_account_limit(workspace_id: int, limit: int | None, *, asker: Asker | None) -> Room:
    """Let a workspace have this many inboxes, None for any number; gives what it has and may have.

    Those beyond a lower limit stay. `asker` is None for a command. Raises DoubtfulLimit.
    """
    if limit is not None and not 0 <= limit <= LARGEST_LIMIT:
        raise DoubtfulLimit(f"Enter a whole number from 0 to {LARGEST_LIMIT:,}, or none.")
    with transaction() as session:
        workspace = _locked(session, workspace_id)
        before = workspace.account_limit
        if before != limit:
            workspace.account_limit = limit
            change = f"from {_in_words(before)} to {_in_words(limit)}"
            _record(session, Action.ACCOUNT_LIMIT_SET, workspace, asker, limit=change)
        return Room(count_connected(session, workspace_id), limit)


def workspace_called(session: Session, name: str) -> int:
    """The id of the workspace with this name. Raises UnclearWorkspace."""
    ids = session.scalars(sa.select(Workspace.id).where(Workspace.name == name)).all()
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise UnclearWorkspace(f"{len(ids)} workspaces are called {name}. Rename one of them first.")
    raise UnclearWorkspace(f"There is no workspace called {name}.")


def _locked(session: Session, workspace_id: int) -> Workspace:
    return session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})


def _record(
    session: Session, action: Action, workspace: Workspace, asker: Asker | None, **details: str
) -> None:
    by = {} if asker else {"by": "a command on the server"}
    on = Object("workspace", workspace.id, workspace.name)
    record(session, action, workspace_id=workspace.id, asker=asker, on=on, **details, **by)


def _in_words(limit: int | None) -> str:
    return "no limit" if limit is None else f"{limit:,}"
