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
from nimbus.providers.smtp_imap.round_trip import Found
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Purpose, State
from nimbus.rules.mail_settings import MailSettings
from nimbus.security.vault import Vault
from nimbus.services.account_limits import AccountLimitReached
from nimbus.services.connection_progress import OF_OWNER, Progress, StoppedMeanwhile
from nimbus.services.mark_account import mark_failure, save_folder
from nimbus.services.observe_domain import observe_test
from nimbus.services.prepared import writing_in
from nimbus.services.save_account import save_account

_CONCLUDE = sa.update(table_of(ConnectionTest)).where(OF_OWNER)
_DIALOGUE_KEPT = 64 * 1024  # characters, over all looks of a test


def succeed(run: Progress, vault: Vault, found: Found | None = None) -> None:
    """What had to pass has passed: an account is made or renewed in the same transaction, if there is room for it.

    found: where the test message arrived, if one was sent.
    """
    run.found()
    warning = None
    if found is not None and found.is_junk:
        warning = f"The test message arrived in {found.name}, the spam folder. Replies may land there too."
    try:
        with transaction() as session:
            _write(
                session,
                run,
                dialogue=None,  # it is for whoever looks for a fault
                state=State.PASSED,
                finished_at=now(),
                progress=run.entries,
                warning=warning,
                **_save(session, run, vault, found),
            )
    except AccountLimitReached as full:
        _refuse(run, full)


def fail(run: Progress, error: ProviderError, dialogue: str) -> None:
    """A leg failed: say where and why. An account that was tested again shows it; no other row changes."""
    passed = [entry for entry in run.entries if entry[2] == "passed"]
    with transaction() as session:
        _write(
            session,
            run,
            dialogue=_with_earlier(run, dialogue),
            state=State.FAILED,
            finished_at=now(),
            progress=[*passed, [error.leg, error.step, "failed", ""]],
            failure_leg=error.leg,
            failure_step=error.step,
            failure_code=error.code,
            failure_detail=dict(error.detail),
            server_line=error.server_line or None,
        )
        if run.test.purpose == Purpose.RETEST:
            mark_failure(session, run.test, error, run.handed_over_at)


def _refuse(run: Progress, full: AccountLimitReached) -> None:
    """Both legs passed and yet nothing was saved: somebody else took the last place meanwhile, or it was taken away."""
    with transaction() as session:
        _write(
            session,
            run,
            dialogue=None,
            state=State.FAILED,
            finished_at=now(),
            progress=run.entries,
            failure_code=FailureCode.ACCOUNT_LIMIT,
            failure_detail={"limit": f"{full.room.planned:,}"},
        )


def wait(run: Progress, dialogue: str, *, wait_until: datetime, next_look_at: datetime) -> None:
    """The message was accepted and is not there yet: give the worker back until the next look."""
    with transaction() as session:
        _write(
            session,
            run,
            dialogue=_with_earlier(run, dialogue),
            state=State.WAITING,
            progress=run.entries,
            wait_until=wait_until,
            next_look_at=min(next_look_at, wait_until),
            lease_until=None,
        )


def _save(session: Session, run: Progress, vault: Vault, found: Found | None) -> dict[str, Any]:
    """Do what a passed test is for; what that changes in the test's own row."""
    test = run.test
    if test.purpose == Purpose.PROBE:
        return {}
    if test.purpose == Purpose.FOLDER:
        save_folder(session, test)
    else:
        test.account_id = save_account(session, test, vault, handed_over_at=run.handed_over_at)
        if found is not None:
            settings, cause = MailSettings.from_dict(test.settings), f"test:{test.id}"
            observe_test(session, test.account_id, settings, header=found.results, cause=cause)
    # The passwords live with the account from now on.
    return {"account_id": test.account_id, "sealed_smtp_password": None, "sealed_imap_password": None}


def _with_earlier(run: Progress, dialogue: str) -> str:
    """A later look's dialogue goes below those before it."""
    earlier = f"{run.test.dialogue}\n\n" if run.test.dialogue else ""
    return (earlier + dialogue)[-_DIALOGUE_KEPT:]


def _write(session: Session, run: Progress, **values: Any) -> None:
    """Write the verdict; StoppedMeanwhile, which undoes the whole transaction, when the row has another owner."""
    verdict = values | {"owner": None, "handed_over_at": run.handed_over_at}
    if not writing_in(session).change(_CONCLUDE, run.fence | verdict):
        raise StoppedMeanwhile
