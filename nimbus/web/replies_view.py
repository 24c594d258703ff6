"""How an inbox's replies are read, as its page shows it: since when, from which folders, and what to do where none come."""

from dataclasses import dataclass

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxSync
from nimbus.models.sync_queries import Kept, find_sync, kept_by_role, watched_folders
from nimbus.queues import workers_alive
from nimbus.rules.connection_test import Leg
from nimbus.rules.incoming import FolderRole
from nimbus.rules.providers import Provider
from nimbus.rules.sync_pace import is_synced

ROLE_WORDS = {FolderRole.INBOX: "Replies", FolderRole.SPAM: "Spam"}


@dataclass(frozen=True, slots=True)
class FolderView:
    """A folder of the mailbox. `use` is what it is read for; `kept`: messages of it that are here; `own`: of those ours."""

    name: str
    use: str | None
    messages: int | None
    kept: int
    looks_like_inbox: bool
    own: int = 0

    @property
    def heard(self) -> int:
        """Messages in it that somebody else has sent, as far as is known: a test message is no sign of answers."""
        return max((self.messages or 0, self.kept)) - self.own


class RepliesView:
    """What templates know of it."""

    def __init__(self, account: EmailAccountHealth, sync: InboxSync | None, kept: dict[str, Kept]) -> None:
        moment = now()
        self.is_known = sync is not None
        self.synced_at = sync.synced_at if sync else None
        self.is_synced = is_synced(moment, self.synced_at)
        self.problem = sync.problem if sync else None
        self.server_line = sync.server_line if sync else None
        self.next_at = sync.next_at if sync and sync.next_at > moment else None
        self.is_running = bool(sync and sync.lease_until and sync.lease_until > moment)
        self.is_asked = bool(sync and sync.asked_by)
        self.is_under_way = self.is_running or self.is_asked
        self.backlog = sync.backlog if sync and self.is_under_way else 0
        self.backlog_done = sync.backlog_done if sync else 0
        self.can_choose = account.provider == Provider.SMTP_IMAP
        self.newest_at = max(filter(None, (each.newest_at for each in kept.values())), default=None)
        self.folders: list[FolderView] = []

    @property
    def watched(self) -> list[FolderView]:
        """The folders that are read."""
        return [folder for folder in self.folders if folder.use]

    @property
    def better(self) -> FolderView | None:
        """A folder that looks like an inbox and holds mail, where the one that is read is empty."""
        chosen = next((each for each in self.folders if each.use == ROLE_WORDS[FolderRole.INBOX]), None)
        if chosen is not None and chosen.heard > 0:
            return None
        fuller = [each for each in self.folders if not each.use and each.looks_like_inbox and each.messages]
        return max(fuller, key=lambda each: each.messages or 0, default=None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has ever come from where replies are read."""
        return self.is_synced and all(each.heard <= 0 for each in self.watched)

    @property
    def lacks_worker(self) -> bool:
        """Whether nobody is there who could read it."""
        return self.is_asked and not self.is_running and not workers_alive(now())


def replies_of(account: EmailAccountHealth) -> RepliesView:
    """The view of one account."""
    ids = account.workspace_id, account.id
    kept = kept_by_role(db.session(), *ids)
    sync = find_sync(db.session(), *ids)
    view = RepliesView(account, sync, kept)
    view.folders = _folders(account, sync, kept)
    return view


def _folders(account: EmailAccountHealth, sync: InboxSync | None, kept: dict[str, Kept]) -> list[FolderView]:
    """As the mailbox listed them, the ones that are read first; one that is read and not listed is there as well."""
    names = watched_folders(db.session(), account.workspace_id, account.id)
    chosen = next((server.folder for server in account.servers if server.leg == Leg.IMAP), None)
    if chosen:
        names[FolderRole.INBOX] = chosen
    listed: dict[str, tuple[str | None, int | None]] = {
        name: (role, count) for name, role, count in (sync.folders if sync else [])
    }
    uses = {name: FolderRole(role) for role, name in names.items()}
    views = [
        FolderView(
            name,
            ROLE_WORDS[uses[name]] if name in uses else None,
            listed.get(name, (None, None))[1],
            here.messages if here else 0,
            listed.get(name, (None, None))[0] == FolderRole.INBOX,
            here.own if here else 0,
        )
        for name in {**uses, **listed}
        for here in [kept.get(uses[name]) if name in uses else None]
    ]
    order = [*ROLE_WORDS.values(), None]
    return sorted(views, key=lambda each: (order.index(each.use), not each.looks_like_inbox, each.name))
