"""Reading the inboxes whose time has come: several at once, so that one which is slow or hostile holds up no other.

Each has a lane for itself, a minute at most, and fifteen seconds for whatever its server is asked. Pages are kept as
they come; how an inbox did is written together with others.
"""

import logging
import secrets
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Self

from flask import current_app

from nimbus import queues
from nimbus.clock import now
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.providers.errors import GrantRefused, ProviderError
from nimbus.providers.reading import Cursor, RemoteFolder
from nimbus.rules.connection_failure import Attempted, explain
from nimbus.rules.connection_test import Leg
from nimbus.rules.incoming import FolderRole
from nimbus.rules.oauth_answers import ends_grant, sentence
from nimbus.rules.sync_pace import LEASE, MAILBOX_SECONDS
from nimbus.security.vault import CannotOpenSecret
from nimbus.services.keep_mail import TurnLost, hold_on, keep_page
from nimbus.services.live_place import place_state
from nimbus.services.open_mailbox import open_mailbox
from nimbus.services.read_incoming import read_waiting
from nimbus.services.sync_claim import Taken, add_rows, is_anything_due, take_due
from nimbus.services.sync_record import Outcome, Trouble, record_outcomes

LANES = 16  # more than one server is ever asked over at once, so that a slow one never has them all
_WORKS_FOR = 20.0  # seconds in which a job takes inboxes; then others have the worker
_READS_FOR = 30.0  # seconds in which what was fetched is read; the rest is read by the next job
_TOGETHER = 20  # outcomes written in one transaction
_WRITE_AFTER = 0.5  # seconds that an outcome waits for others

_log = logging.getLogger(__name__)


def sync_due() -> None:
    """Read what is due. Safe at the same time as any other worker's; reads nothing in a copy."""
    if not place_state().confirmed:
        return
    if is_anything_due(now()):
        add_rows()
        _fetch_due()
    read_waiting(time.monotonic() + _READS_FOR)


def _fetch_due() -> None:
    stop_at = time.monotonic() + _WORKS_FOR
    with _Lanes() as lanes:
        while time.monotonic() < stop_at and not queues.must_stop():
            taken = take_due(lanes.room()) if lanes.room() >= LANES // 2 else []
            lanes.start(taken)
            if taken or lanes.under_way:
                lanes.wait()
            elif not lanes.write():  # what was done and is not written yet still counts against its server
                break


def sync_one(workspace_id: int, account_id: int) -> None:
    """Read one inbox now, if it is due and nobody reads it."""
    if not place_state().confirmed:
        return
    add_rows()
    for taken in take_due(1, only=(workspace_id, account_id)):
        db.session.remove()
        record_outcomes([read_mailbox(taken)])
    read_waiting(time.monotonic() + _READS_FOR, account_id=account_id)


class _Lanes:
    """Inboxes that are being read, each by a thread with a context of its own; keeps their outcomes until they are written."""

    def __init__(self) -> None:
        self.under_way: set[Future[Outcome]] = set()
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="sync")
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask names it so
        self._done: list[Outcome] = []
        self._written_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        while self.under_way:
            self.wait()
        self._pool.shutdown()
        self.write()

    def room(self) -> int:
        """How many more may be taken: some wait, so that no lane is idle while others are taken."""
        return LANES + LANES // 2 - len(self.under_way)

    def start(self, taken: list[Taken]) -> None:
        db.session.remove()  # nothing is held while servers are waited for
        self.under_way |= {self._pool.submit(self._read, each) for each in taken}

    def wait(self) -> None:
        """Until one of them is done; and write what was long enough unwritten."""
        done, self.under_way = wait(self.under_way, timeout=_WRITE_AFTER, return_when=FIRST_COMPLETED)
        self._done += [future.result() for future in done]
        if len(self._done) >= _TOGETHER or time.monotonic() - self._written_at > _WRITE_AFTER:
            self.write()

    def _read(self, taken: Taken) -> Outcome:
        with self._app.app_context():
            return read_mailbox(taken)

    def write(self) -> bool:
        """Write down how those that are done did; False when there are none."""
        record_outcomes(self._done)
        had_some = bool(self._done)
        self._done, self._written_at = [], time.monotonic()
        return had_some


def read_mailbox(taken: Taken) -> Outcome:
    """Fetch and keep what came to one inbox, for a minute at most; never raises."""
    try:
        return _read(taken)
    except ProviderError as error:
        return Outcome(taken, trouble=_explained(taken, error))
    except GrantRefused as refused:
        return Outcome(taken, trouble=_without_sign_in(taken, refused))
    except NimbusError as error:
        return Outcome(taken, trouble=Trouble(str(error), is_permanent=isinstance(error, CannotOpenSecret)))
    except TurnLost:
        return Outcome(taken)  # its row is another's: nothing of this is written
    except Exception as error:  # noqa: BLE001 - every try ends in a state with a sentence
        return Outcome(taken, trouble=_our_fault(error))
    finally:
        db.session.remove()


def _read(taken: Taken) -> Outcome:
    if now() - taken.taken_at > LEASE / 3:  # it has waited for a lane
        hold_on(taken)
    end, found, folders = time.monotonic() + MAILBOX_SECONDS, 0, None
    with open_mailbox(taken) as mailbox:
        cursors = taken.cursors
        if taken.must_list:
            folders = mailbox.folders()
            cursors = _with_spam(cursors, folders)
        try:
            for page in mailbox.news(cursors, taken.window):
                found += keep_page(taken, page, mailbox)
                if time.monotonic() > end or queues.must_stop():
                    return Outcome(taken, found, is_done=False, folders=folders)
        except ProviderError as error:
            return Outcome(taken, found, folders=folders, trouble=_explained(taken, error))
    return Outcome(taken, found, folders=folders)


def _with_spam(
    cursors: Mapping[FolderRole, Cursor], folders: Sequence[RemoteFolder]
) -> Mapping[FolderRole, Cursor]:
    """The watched folders, after they were listed: the spam folder may be new, gone, or called something else."""
    spam = next((folder.name for folder in folders if folder.role is FolderRole.SPAM), None)
    kept: dict[FolderRole, Cursor] = {FolderRole.INBOX: cursors[FolderRole.INBOX]}
    if spam is None or spam == kept[FolderRole.INBOX].name:
        return kept
    known = cursors.get(FolderRole.SPAM)
    return kept | {FolderRole.SPAM: known if known and known.name == spam else Cursor(spam)}


def _explained(taken: Taken, error: ProviderError) -> Trouble:
    assert taken.login is not None
    login = taken.login
    folder = taken.cursors[FolderRole.INBOX].name
    attempted = Attempted(Leg.IMAP, login.host, login.port, login.security, folder=folder)
    said = explain(error.code, attempted, error.detail).sentence
    return Trouble(said, error.permanent, error.server_line, error.code, error.detail)


def _without_sign_in(taken: Taken, refused: GrantRefused) -> Trouble:
    """A sign-in that is over the account tells by itself, and what to do about it."""
    is_over = ends_grant(refused.ending)
    said = sentence(refused.ending, taken.provider, code=refused.detail.get("code", ""))
    return Trouble(said, is_permanent=is_over, server_line=refused.line, is_said=is_over)


def _our_fault(error: Exception) -> Trouble:
    reference = secrets.token_hex(2).upper()
    # The text of a library's exception may quote what was received, so only its kind and place are logged.
    place = "".join(traceback.format_tb(error.__traceback__))
    _log.error(
        "Reading an inbox failed on our side, reference %s: %s\n%s", reference, type(error).__name__, place
    )
    return Trouble(f"Something went wrong on our side. It is tried again. Reference {reference}.", code=None)
