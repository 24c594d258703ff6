"""The end of a connection test. Each verdict is one transaction that only the test's owner can write."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import ConnectionTest
from nimbus.providers.errors import ProviderError
from nimbus.providers.smtp_imap.round_trip import Look
from nimbus.rules.connection_test import Purpose, State
from nimbus.services.connection_progress import Progress, is_owned
from nimbus.services.save_account import mark_failure, save_account, save_folder

_DIALOGUE_KEPT = 64 * 1024  # characters, over all looks of a test


def succeed(progress: Progress, look: Look, dialogue: str) -> None:
    """What had to pass has passed: an account is made or renewed in the same transaction."""
    progress.found()
    warning = None
    if look.in_junk:
        warning = f"The test message arrived in {look.found_in}, the spam folder. Replies may land there too."
    with transaction() as session:
        test = _take(
            session,
            progress,
            dialogue,
            state=State.PASSED,
            finished_at=now(),
            progress=progress.entries,
            warning=warning,
            folders=list(look.folders),
        )
        if test is None or test.purpose == Purpose.PROBE:
            return
        if test.purpose == Purpose.FOLDER:
            save_folder(session, test, look.folders)
        else:
            test.account_id = save_account(session, test, look.folders).id
        test.sealed_smtp_password = test.sealed_imap_password = None


def fail(progress: Progress, error: ProviderError, dialogue: str) -> None:
    """A leg failed: say where and why. An account that was tested again shows it; no other row changes."""
    passed = [entry for entry in progress.entries if entry[2] == "passed"]
    with transaction() as session:
        test = _take(
            session,
            progress,
            dialogue,
            state=State.FAILED,
            finished_at=now(),
            progress=[*passed, [error.leg, error.step, "failed", ""]],
            failure_leg=error.leg,
            failure_step=error.step,
            failure_code=error.code,
            failure_detail=dict(error.detail),
            server_line=error.server_line or None,
            folders=[name for name in error.detail.get("folders", "").split("\n") if name],
        )
        if test is not None and test.purpose == Purpose.RETEST:
            mark_failure(session, test, error)


def wait(progress: Progress, dialogue: str, *, wait_until: datetime, next_look_at: datetime) -> None:
    """The message was accepted and is not there yet: give the worker back until the next look."""
    with transaction() as session:
        _take(
            session,
            progress,
            dialogue,
            state=State.WAITING,
            progress=progress.entries,
            wait_until=wait_until,
            next_look_at=min(next_look_at, wait_until),
            lease_until=None,
        )


def _take(session: Session, run: Progress, dialogue: str, **values: Any) -> ConnectionTest | None:
    """Write the verdict unless the row has another owner by now; then None, and nothing else may be written."""
    earlier = f"{run.test.dialogue}\n\n" if run.test.dialogue else ""
    written = session.execute(
        sa.update(ConnectionTest)
        .where(is_owned(run.test.id, run.owner))
        .values(owner=None, dialogue=(earlier + dialogue)[-_DIALOGUE_KEPT:], **values)
    )
    if written.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return session.get_one(ConnectionTest, run.test.id, populate_existing=True)
