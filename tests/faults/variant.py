"""The product with one thing changed: less patience, so that a test need not wait, or a bug that the harness must see.

`python -m tests.faults.variant nimbus.run` starts it all, its workers and its timetable through this module again.
`PLANTED_BUG` in the environment names the bug; `SENDERS` so many more workers send; with `CROWD` several of them serve
one inbox at a time; `UNHURRIED` leaves it its patience with processes.
"""

import os
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from jobs import schedule, worker
from nimbus.database import transaction
from nimbus.models import ConnectionTest
from nimbus.queues import SWEEP
from nimbus.rules.connection_test import State
from nimbus.run import __main__ as run
from nimbus.security.workspace_keys import vault_of
from nimbus.services import connection_progress, connection_verdict, sweep
from nimbus.services.save_account import save_account
from tests.faults import send_bugs

LEASE = timedelta(seconds=2)
SWEEP_EVERY = 1  # seconds


def hurry() -> None:
    """A dead worker is noticed after some 3 seconds instead of 25."""
    connection_progress.LEASE = LEASE
    sweep.RING_AGAIN_AFTER = timedelta(seconds=SWEEP_EVERY)
    schedule.Scheduler = partial(schedule.Scheduler, timetable=(schedule.Every(SWEEP, SWEEP_EVERY),))


def save_the_account_early() -> None:
    """The account is there as soon as its message was accepted, before anybody looked for it over IMAP."""
    note = connection_progress.Progress.handed_over

    def note_and_save(self) -> None:
        note(self)
        with transaction() as session:
            vault = vault_of(session, self.test.workspace_id)
            save_account(session, self.test, vault, handed_over_at=self.handed_over_at)

    connection_progress.Progress.handed_over = note_and_save


def forget_the_fence() -> None:
    """Whoever ran a test writes its verdict, though it was taken away meanwhile."""
    the_test, *of_the_owner = connection_progress.OF_OWNER.clauses
    anybody_s = sa.and_(the_test, sa.or_(sa.literal(1) == 1, *of_the_owner))
    unfenced = sa.update(ConnectionTest.__table__).where(anybody_s)
    connection_progress._RENEW = connection_verdict._CONCLUDE = unfenced


def send_again_after_a_crash() -> None:
    """A test whose worker died goes back to the queue, although its message may have left."""

    def put_back(test, _moment) -> None:
        with transaction() as session:
            session.execute(
                sa.update(ConnectionTest)
                .where(ConnectionTest.id == test.id)
                .values(state=State.QUEUED, owner=None)
            )

    sweep._close = put_back


def trust_the_queue() -> None:
    """What was rung for once is never rung for again."""
    sweep._is_due = lambda *_: False


BUGS = {
    bug.__name__: bug
    for bug in (save_the_account_early, forget_the_fence, send_again_after_a_crash, trust_the_queue)
} | send_bugs.BUGS


def start_processes_through_here() -> None:
    """The Procfile's programs become variants too, and more senders stand beside them."""
    programs = run.procfile
    here = f"python -m {__spec__.name} jobs."

    def variants(path):
        for program in programs(path):
            command = [part.replace("python -m jobs.", here) for part in program.command]
            yield replace(program, command=command)
        if senders := os.environ.get("SENDERS"):
            yield run.Program("senders", ["/bin/sh", "-c", f"exec {here}worker send:{senders}"])

    run.procfile = variants


def main() -> int:
    """Be the module that the first argument names."""
    if "UNHURRIED" not in os.environ:
        hurry()
        send_bugs.hurry()
    send_bugs.try_again_soon()
    if "CROWD" in os.environ:
        send_bugs.crowd()
    if bug := os.environ.get("PLANTED_BUG"):
        BUGS[bug]()
    module, *arguments = sys.argv[1:]
    start_processes_through_here()
    return {
        "nimbus.run": run.main,
        "jobs.worker": lambda: worker.main(arguments),
        "jobs.schedule": schedule.main,
    }[module]()


if __name__ == "__main__":
    sys.exit(main())
