"""What happens to a program that ends, for each way of ending."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from nimbus.run.__main__ import procfile
from nimbus.run.supervisor import Program, Supervisor
from tests.run.waiting import eventually


class Watched:
    """A supervisor with what it said, and a file to which the programs write a line per start."""

    def __init__(self, directory):
        self.said = []
        self.file = directory / "starts"
        self.supervisor = Supervisor({**os.environ, "FILE": str(self.file)}, self.said.append, grace=0.3)

    def run(self, script, **more):
        program = Program("thing", ["/bin/sh", "-c", f"echo x >> $FILE; {script}"], "start thing", **more)
        self.supervisor.add(program)
        return program

    def starts(self):
        self.supervisor.tick()
        return self.file.read_text().count("x") if self.file.exists() else 0


@pytest.fixture
def watched(tmp_path):
    watched = Watched(tmp_path)
    yield watched
    watched.supervisor.stop(watched.supervisor.programs)


@pytest.mark.parametrize(
    ("end", "how"), [("exit 3", "ended with status 3"), ("kill -9 $$", "was ended by SIGKILL")]
)
def test_a_crashed_program_comes_back_after_a_second(watched, end, how):
    started = time.monotonic()
    watched.run(end)

    eventually(lambda: watched.starts() >= 2)

    assert time.monotonic() - started >= 1
    assert watched.said[0] == f"thing {how} and is started again in 1 s."


@pytest.mark.parametrize(
    ("vital", "pauses"),
    [
        (False, ("in 1 s", "in 2 s", "in 4 s", "in 8 s", "in 16 s", "in 30 s", "in 30 s")),
        (True, ("in 2 s", "in 4 s", "in 4 s")),
    ],
    ids=["ordinary", "vital"],
)
def test_the_pause_grows_with_every_crash_but_not_for_long_where_everything_waits(watched, vital, pauses):
    program = watched.run("exit 1", vital=vital)
    for expected in pauses:
        eventually(lambda: program.process is None or watched.supervisor.tick())
        assert watched.said[-1].endswith(f"is started again {expected}.")
        program.due = time.monotonic()
        watched.supervisor.tick()


@pytest.mark.parametrize("end", ["exit 0", "kill -TERM $$", "kill -INT $$"])
def test_a_program_that_was_stopped_stays_down_and_the_way_to_start_it_is_said(watched, end):
    program = watched.run(end)

    eventually(lambda: watched.starts() and watched.said)

    assert watched.said == ["thing was stopped and stays down. To start it again: start thing"]
    assert program.due is None


@pytest.mark.parametrize("end", ["exit 0", "exit 1"])
def test_a_vital_program_is_started_again_at_once_however_it_ended(watched, end):
    watched.run(f"[ $(wc -l < $FILE) = 1 ] && {end}; sleep 60", vital=True)

    eventually(lambda: watched.starts() >= 2, seconds=0.9)

    assert watched.said[0].endswith("started again now.")


def test_what_a_crashed_program_left_behind_is_ended(watched):
    watched.run('sleep 60 & echo "child $!" >> $FILE; exit 1')
    eventually(lambda: watched.said or watched.supervisor.tick())

    child = int(watched.file.read_text().split("child ")[1].split()[0])

    eventually(lambda: not alive(child))


def test_a_program_that_ignores_the_polite_request_is_killed_with_its_children(watched):
    program = watched.run("trap '' TERM; echo ready >> $FILE; sleep 60 & wait; sleep 60")
    eventually(lambda: watched.file.exists() and "ready" in watched.file.read_text())
    pid = program.process.pid

    watched.supervisor.stop([program])

    eventually(lambda: not group_alive(pid))


def test_a_program_ends_with_its_supervisor_even_by_kill_9(tmp_path):
    script = (
        "import os, sys, signal\n"
        "from nimbus.run.supervisor import Program, Supervisor\n"
        "keeper = Supervisor(os.environ, print)\n"
        "program = Program('thing', ['sleep', '60'])\n"
        "keeper.add(program)\n"
        f"__import__('pathlib').Path({str(tmp_path / 'pid')!r}).write_text(str(program.process.pid))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    pid = os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", script)
    assert pid == -signal.SIGKILL

    child = int((tmp_path / "pid").read_text())

    eventually(lambda: not alive(child))


def test_a_procfile_line_becomes_a_program_with_the_command_to_type(tmp_path):
    (tmp_path / "Procfile").write_text("web: gunicorn app:app\nworker: python -m jobs.worker send\n")

    web, worker = procfile(tmp_path / "Procfile")

    assert (web.name, web.command) == ("web", ["/bin/sh", "-c", "exec gunicorn app:app"])
    assert worker.by_hand.endswith("/python -m jobs.worker send")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def group_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
