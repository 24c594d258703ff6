"""The product with one thing changed: less patience, so that a test need not wait, or a bug that the harness must see.

`python -m tests.faults.variant nimbus.run` starts it all, its workers and its timetable through this module again.
`PLANTED_BUG` in the environment names the bug; `CAMPAIGNS` asks for batches as well; `SENDERS` so many more workers send; with `CROWD` several of them serve
one inbox at a time; `UNHURRIED` leaves it its patience with processes.
"""

import gc
import os
import sys
from dataclasses import replace
from functools import partial
from importlib import import_module

from jobs import schedule
from nimbus.queues import RUN_DUE_BATCHES, SWEEP
from nimbus.run import __main__ as run
from tests.faults.forks import ForkingSupervisor

SWEEP_EVERY = 1  # seconds
# What the programs load, for all of them.
SHARED = (
    "nimbus.run.prepare",
    "gunicorn.app.wsgiapp",
    "nimbus.web.http_worker",
    "jobs.worker",
    "tests.faults.campaign_bugs",
    "tests.faults.connection_bugs",
    "tests.faults.send_bugs",
)
_SENDERS = "send:2"  # as the Procfile has them


def start_processes_through_here() -> int:
    """Run the product; the Procfile's programs become variants too, and more workers send."""
    programs = run.procfile
    more = f"send:{2 + int(os.environ.get('SENDERS', '0'))}"
    here = f"python -m {__spec__.name} jobs."

    def variants(path):
        for program in programs(path):
            command = [
                part.replace("python -m jobs.", here).replace(_SENDERS, more) for part in program.command
            ]
            yield replace(program, command=command)

    run.procfile = variants
    run.Supervisor = ForkingSupervisor
    for module in SHARED:
        import_module(module)
    gc.freeze()
    return run.main()


def keep_a_short_timetable() -> int:
    """Sweep every second instead of every five, perhaps with the batches that are due, and do nothing else."""
    if "UNHURRIED" not in os.environ:
        jobs = (SWEEP, RUN_DUE_BATCHES) if "CAMPAIGNS" in os.environ else (SWEEP,)
        timetable = tuple(schedule.Every(job, SWEEP_EVERY) for job in jobs)
        schedule.Scheduler = partial(schedule.Scheduler, timetable=timetable)
    return schedule.main()


def work() -> int:
    """Work with less patience, or with a bug."""
    from jobs import worker
    from tests.faults import campaign_bugs, connection_bugs, send_bugs

    if "UNHURRIED" not in os.environ:
        connection_bugs.hurry()
        send_bugs.hurry()
        campaign_bugs.hurry()
    send_bugs.try_again_soon()
    if "CROWD" in os.environ:
        send_bugs.crowd()
    if bug := os.environ.get("PLANTED_BUG"):
        (connection_bugs.BUGS | send_bugs.BUGS | campaign_bugs.BUGS)[bug]()
    return worker.main(sys.argv[2:])


if __name__ == "__main__":
    programs = {
        "nimbus.run": start_processes_through_here,
        "jobs.worker": work,
        "jobs.schedule": keep_a_short_timetable,
    }
    sys.exit(programs[sys.argv[1]]())
