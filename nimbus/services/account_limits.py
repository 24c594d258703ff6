"""Whether a workspace has room for another inbox: asked before a test starts, decided where the account is saved."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, Workspace
from nimbus.rules.account_limits import Room, refusal

_LIMIT = sa.select(Workspace.account_limit).where(Workspace.id == sa.bindparam("of_workspace"))
# Not FOR UPDATE: that would also wait for whoever writes any other row of this workspace.
_LOCKED_LIMIT = _LIMIT.with_for_update(key_share=True)
_CONNECTED = sa.select(
    sa.func.count(), sa.func.count().filter(EmailAccountHealth.email == sa.bindparam("of_email"))
).where(
    EmailAccountHealth.workspace_id == sa.bindparam("of_workspace"), EmailAccountHealth.removed_at.is_(None)
)


class AccountLimitReached(NimbusError):
    """The workspace has as many inboxes as the owner of the installation lets it have."""

    def __init__(self, room: Room) -> None:
        super().__init__(refusal(room))
        self.room = room


def account_limit(session: Session, workspace_id: int) -> int | None:
    """How many inboxes a workspace may have; None for no limit."""
    return session.scalar(_LIMIT, {"of_workspace": workspace_id})


def expect_room(session: Session, workspace_id: int, email: str) -> None:
    """Raise AccountLimitReached when this address could not be added now. Without a limit nothing is counted."""
    _refuse_when_full(session, workspace_id, email, limit=account_limit(session, workspace_id))


def claim_room(session: Session, workspace_id: int, email: str) -> None:
    """As expect_room, and true until the transaction ends.

    On Postgres the workspace's row is locked: of two who come at the same moment, the second counts the first.
    SQLite lets only one transaction write in any case.
    """
    limit = session.scalar(_LOCKED_LIMIT, {"of_workspace": workspace_id})
    _refuse_when_full(session, workspace_id, email, limit=limit)


def _refuse_when_full(session: Session, workspace_id: int, email: str, *, limit: int | None) -> None:
    if limit is None:
        return
    asked = {"of_workspace": workspace_id, "of_email": email}
    connected, with_this_address = session.execute(_CONNECTED, asked).one()
    room = Room(connected, limit)
    if room.is_full and not with_this_address:
        raise AccountLimitReached(room)
