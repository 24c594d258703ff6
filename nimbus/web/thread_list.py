"""The list of conversations as its page shows it: what is asked for by its address, and how the inboxes are read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.reply_queries import (
    After,
    ThreadFilter,
    ThreadRow,
    campaigns_of_threads,
    count_open,
    inboxes_of_threads,
    list_threads,
)
from nimbus.models.sync_queries import Silent, count_synced, not_syncing, silent_inboxes
from nimbus.models.tag_queries import tags_in_use
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg
from nimbus.rules.inbox_status import CONNECTION_SENTENCES
from nimbus.rules.incoming import FolderRole
from nimbus.rules.providers import ConnectionState
from nimbus.rules.reply_classes import WORDS, ReplyClass
from nimbus.rules.sync_pace import SYNCED_WITHIN
from nimbus.web.account_view import explain_server
from nimbus.web.ids import LARGEST_ID
from nimbus.web.thread_view import CLASSES, ClassView

_TABS = (("", "To do", False), ("done", "Done", True), ("all", "All", None))
_CURSOR = re.compile(r"(\d{1,16})-(\d{1,10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799_999_999  # microseconds: the end of the year 9999


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """A conversation in the list."""

    row: ThreadRow
    url: str
    chip: ClassView


@dataclass(frozen=True, slots=True)
class Unread:
    """An inbox whose replies do not come in, why, and where that is put right."""

    email: str
    said: str
    action: str
    url: str


class ThreadList:
    """One view of the list."""

    def __init__(self, workspace_id: int, asked: MultiDict[str, str]) -> None:
        session, self._id = db.session(), workspace_id
        self.campaigns = campaigns_of_threads(session, workspace_id)
        self.inboxes = inboxes_of_threads(session, workspace_id)
        self.clients = [tag.name for tag in tags_in_use(session, workspace_id) if tag.is_client]
        self.classes = list(WORDS.items())
        self.given = _given(asked)
        after = _read_cursor(asked.get("before", ""))
        rows, older = list_threads(session, workspace_id, _filter(self.given), after=after)
        self.lines = [
            ThreadLine(row, url_for("replies.show", thread_id=row.id), CLASSES[ReplyClass(row.reply_class)])
            for row in rows
        ]
        self.waiting = count_open(session, workspace_id)
        self.older_url = self.url(before=_cursor(older)) if older else None
        self.newest_url = self.url() if after else None
        self.reading = count_synced(session, workspace_id, now() - SYNCED_WITHIN)
        self.unread = _unread(workspace_id)

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """(word, address, whether it is open)."""
        state = self.given.get("state", "")
        return [(word, self.url(state=key or None), key == state) for key, word, _ in _TABS]

    @property
    def is_filtered(self) -> bool:
        """Whether somebody asked for some of them only."""
        return bool(self.given.keys() - {"state"})

    @property
    def unfiltered_url(self) -> str:
        """The same without what it was narrowed to."""
        return url_for("replies.index", state=self.given.get("state"))

    def url(self, **changes: object) -> str:
        """The list's address with some values changed; None is left out."""
        return url_for("replies.index", **(self.given | changes))


def _given(asked: MultiDict[str, str]) -> dict[str, Any]:
    """What an address asks for; doubtful values ask for nothing."""
    state, reply_class = asked.get("state", ""), asked.get("class", "")
    given = {
        "state": state if state in {key for key, _, _ in _TABS} else "",
        "class": reply_class if reply_class in list(ReplyClass) else "",
        "campaign": _id(asked.get("campaign", "")),
        "inbox": _id(asked.get("inbox", "")),
        "client": asked.get("client", "").replace("\0", "").strip()[:40],
    }
    return {name: value for name, value in given.items() if value}


def _id(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if number <= LARGEST_ID else 0


def _filter(given: dict[str, Any]) -> ThreadFilter:
    reply_class = given.get("class")
    return ThreadFilter(
        done=next(done for key, _, done in _TABS if key == given.get("state", "")),
        reply_class=ReplyClass(reply_class) if reply_class else None,
        campaign_id=given.get("campaign"),
        account_id=given.get("inbox"),
        client=given.get("client", ""),
    )


def _cursor(after: After) -> str:
    return f"{(after.last_at - _EPOCH) // timedelta(microseconds=1)}-{after.id}"


def _read_cursor(text: str) -> After | None:
    found = _CURSOR.fullmatch(text)
    if found is None or int(found[1]) > _LATEST or int(found[2]) > LARGEST_ID:
        return None
    return After(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2]))


def _unread(workspace_id: int) -> list[Unread]:
    """The inboxes that are not read, and then those that are read where nothing comes."""
    session = db.session()
    silent = (_look_elsewhere(each) for each in silent_inboxes(session, workspace_id))
    return [_fix(each) for each in not_syncing(session, workspace_id)] + [each for each in silent if each]


def _fix(account: EmailAccountHealth) -> Unread:
    state = ConnectionState(account.connection_state)
    if state is not ConnectionState.OK:
        url = url_for("reconnect.form", account_id=account.id)
        return Unread(account.email, f"{CONNECTION_SENTENCES[state]}.", "Reconnect", url)
    url = url_for("email_accounts.show", account_id=account.id, _anchor="replies")
    failed = next((each for each in account.servers if each.leg == Leg.IMAP and each.failure_code), None)
    explained = explain_server(failed) if failed else None
    if failed is None or explained is None:
        return Unread(account.email, account.sync_problem or "", "See why", url)
    action = "Choose the folder" if failed.failure_code == FailureCode.FOLDER else "See why"
    return Unread(account.email, f"{explained.title}. {explained.sentence}", action, url)


def _look_elsewhere(inbox: Silent) -> Unread | None:
    """What to do about an empty inbox where another folder looks like one and holds mail."""
    counts = {name: (role, count or 0) for name, role, count in inbox.folders}
    if counts.get(inbox.watched, (None, 0))[1]:
        return None
    others = [
        (count, name)
        for name, (role, count) in counts.items()
        if name != inbox.watched and role == FolderRole.INBOX and count
    ]
    if not others:
        return None
    count, name = max(others)
    said = f"“{inbox.watched}” is read and empty, and “{name}” holds {count:,}."
    url = url_for("email_accounts.show", account_id=inbox.id, _anchor="replies")
    return Unread(inbox.email, said, "Choose the folder", url)
