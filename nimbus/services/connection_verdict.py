"""The end of a connection test. Each verdict is one transaction that only the test's owner can write."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import ConnectionTest
from nimbus.models.base import table_of
from nimbus.providers.errors import ProviderError
from nimbus.providers.smtp_imap.round_trip import Look
from nimbus.rules.connection_test import Purpose, State
from nimbus.security.vault import Vault
from nimbus.services.connection_progress import OF_OWNER, Progress, StoppedMeanwhile
from nimbus.services.mark_account import mark_failure, save_folder
from nimbus.services.save_account import save_account

_CONCLUDE = sa.update(table_of(ConnectionTest)).where(OF_OWNER)
_DIALOGUE_KEPT = 64 * 1024  # characters, over all looks of a test


def succeed(run: Progress, look: Look, dialogue: str, vault: Vault) -> None:
    """What had to pass has passed: an account is made or renewed in the same transaction."""
    run.found()
    warning = None
    if look.in_junk:
        warning = f"The test message arrived in {look.found_in}, the spam folder. Replies may land there too."
    with transaction() as session:
        _write(
            session,
            run,
            dialogue,
            state=State.PASSED,
            finished_at=now(),
            progress=run.entries,
            warning=warning,
            folders=list(look.folders),
            **_save(session, run, look, vault),
        )


def fail(run: Progress, error: ProviderError, dialogue: str) -> None:
    """A leg failed: say where and why. An account that was tested again shows it; no other row changes."""
    passed = [entry for entry in run.entries if entry[2] == "passed"]
    with transaction() as session:
        _write(
            session,
            run,
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
        if run.test.purpose == Purpose.RETEST:
            mark_failure(session, run.test, error, run.handed_over_at)


def wait(run: Progress, dialogue: str, *, wait_until: datetime, next_look_at: datetime) -> None:
    """The message was accepted and is not there yet: give the worker back until the next look."""
    with transaction() as session:
        _write(
            session,
            run,
            dialogue,
            state=State.WAITING,
            progress=run.entries,
            wait_until=wait_until,
            next_look_at=min(next_look_at, wait_until),
            lease_until=None,
        )


def _save(session: Session, run: Progress, look: Look, vault: Vault) -> dict[str, Any]:
    """Do what a passed test is for; what that changes in the test's own row."""
    test = run.test
    if test.purpose == Purpose.PROBE:
        return {}
    if test.purpose == Purpose.FOLDER:
        save_folder(session, test, look.folders)
    else:
        test.account_id = save_account(
            session, test, vault, folders=look.folders, handed_over_at=run.handed_over_at
        )
    # The passwords live with the account from now on.
    return {"account_id": test.account_id, "sealed_smtp_password": None, "sealed_imap_password": None}


def _write(session: Session, run: Progress, dialogue: str, **values: Any) -> None:
    """Write the verdict; StoppedMeanwhile, which undoes the whole transaction, when the row has another owner."""
    earlier = f"{run.test.dialogue}\n\n" if run.test.dialogue else ""
    verdict = values | {
        "owner": None,
        "handed_over_at": run.handed_over_at,
        "dialogue": (earlier + dialogue)[-_DIALOGUE_KEPT:],
    }
    written = session.execute(_CONCLUDE, run.fence | verdict)
    if written.rowcount != 1:  # type: ignore[attr-defined]
        raise StoppedMeanwhile
