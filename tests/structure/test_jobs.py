"""What the workers may be asked for."""

import inspect
from importlib import import_module

import pytest

from jobs.schedule import TIMETABLE
from jobs.worker import read_crew
from nimbus.queues import (
    CHECK_DUE_DOMAINS,
    JOBS,
    PURGE,
    QUEUES,
    REFRESH_TOKENS,
    REVIEW_DUE,
    ROTATE_DUE_KEYS,
    RUN_DUE_BATCHES,
    SERVE_INBOX,
    SWEEP,
    SYNC_DUE,
)
from tests.structure.sources import ROOT, functions, length, python_files

WITHOUT_A_WORKSPACE = {
    SWEEP,
    PURGE,
    ROTATE_DUE_KEYS,
    REFRESH_TOKENS,
    REVIEW_DUE,
    CHECK_DUE_DOMAINS,
    RUN_DUE_BATCHES,
    SYNC_DUE,
}
MACHINERY = {"crews.py", "worker.py", "schedule.py"}


def resolve(job):
    module, _, name = job.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("job", JOBS)
def test_every_job_can_be_found_and_names_its_workspace_first(job):
    arguments = list(inspect.signature(resolve(job)).parameters)

    if job in WITHOUT_A_WORKSPACE:
        assert arguments == []
    else:
        assert arguments[0] == "workspace_id"


@pytest.mark.parametrize("job", JOBS)
def test_every_job_waits_in_a_known_queue_and_has_a_timeout(job):
    assert JOBS[job].queue in QUEUES
    # The answer to a message's body may take ten minutes, and whoever does not wait for it has to doubt.
    longest = 1500 if job == SERVE_INBOX else 300
    assert 0 < JOBS[job].timeout <= longest


def test_every_function_in_jobs_can_be_asked_for_and_is_short():
    public = {
        f"jobs.{path.stem}.{function.name}": length(function)
        for path in python_files("jobs")
        if path.name not in MACHINERY
        for function in functions(path)
        if not function.name.startswith("_")
    }

    assert public.keys() == JOBS.keys()
    assert max(public.values()) <= 15


def test_the_timetable_asks_only_for_jobs_without_a_workspace():
    assert {entry.job for entry in TIMETABLE} <= WITHOUT_A_WORKSPACE


def test_every_queue_has_a_worker_in_the_procfile():
    [line] = [line for line in (ROOT / "Procfile").read_text().splitlines() if "jobs.worker" in line]
    crews = [read_crew(word) for word in line.partition("jobs.worker")[2].split()]

    assert {queue for crew in crews for queue in crew.queues} == set(QUEUES)
