"""The keys of a workspace as their page shows them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nimbus.clock import SystemClock, now
from nimbus.extensions import db
from nimbus.models import KeyRotation, Workspace
from nimbus.models.key_queries import keys_in_use, latest_rotations, unfinished_rotation
from nimbus.queues import MAINTENANCE, workers_alive
from nimbus.rules.key_rotation import next_due
from nimbus.web.access import CurrentWorkspace

_HISTORY = 10
_NO_WORKER_AFTER = timedelta(seconds=5)  # without anybody to carry it on, before the page asks who is working


@dataclass(frozen=True, slots=True)
class Past:
    """A rotation that has ended; `by` is None for NimbusOS itself."""

    finished_at: datetime
    key_id: str
    by: str | None
    sealed: int
    destroyed: int


class EncryptionView:
    """What the templates know of a workspace's keys."""

    def __init__(self, workspace: CurrentWorkspace) -> None:
        session = db.session()
        self._zone = ZoneInfo(workspace.timezone)
        self.rotation_days = session.get_one(Workspace, workspace.id).rotation_days
        self.keys = keys_in_use(session, workspace.id)
        self.current = self.keys[0]
        self.rotation = unfinished_rotation(session, workspace.id)
        self.history = [_past(*row) for row in latest_rotations(session, workspace.id, _HISTORY)]
        self.due = next_due(self.current.created_at, self.rotation_days)

    @property
    def poll(self) -> str | None:
        """How often the page asks again while a rotation is under way, never otherwise."""
        if self.rotation is None:
            return None
        return "every 10s" if self.rotation.problem else "every 1s"

    @property
    def no_worker(self) -> bool:
        """Whether the rotation waits for a worker and none is there."""
        rotation = self.rotation
        if rotation is None or not _is_nobodys(rotation):
            return False
        return not any(MAINTENANCE in worker.queues for worker in workers_alive(SystemClock().now()))

    def day(self, moment: datetime) -> str:
        """A date with its year, “4 Dec 2026”: keys may be kept for years."""
        return f"{moment.astimezone(self._zone):%-d %b %Y}"

    @property
    def is_due(self) -> bool:
        """Whether the next rotation is about to begin by itself."""
        return self.due <= now()


def _is_nobodys(rotation: KeyRotation) -> bool:
    if rotation.lease_until is not None:
        return rotation.lease_until < now()
    return rotation.started_at <= now() - _NO_WORKER_AFTER


def _past(rotation: KeyRotation, by: str | None) -> Past:
    return Past(
        finished_at=rotation.finished_at or rotation.started_at,
        key_id=rotation.key_id,
        by=by,
        sealed=rotation.done,
        destroyed=rotation.keys_destroyed,
    )
