"""The processes that share one loaded application."""

import os
import signal
import subprocess
import sys

import pytest

from tests.run.waiting import eventually, name_of, processes_with

SCRIPT = """
import os, signal, sys, time
from jobs.crews import Crew, keep
def die():
    open(sys.argv[1], "a").write("stillborn\\n")
    os._exit(1)
def work():
    signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], "a").write("finished\\n"), os._exit(0)))
    open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
    time.sleep(60)
keep([Crew("doomed", 1, die), Crew("sound", 2, work)])
"""


class RunningCrew:
    def __init__(self, directory):
        self.file = directory / "log"
        self.file.touch()
        self.mark = f"CREW_TEST={directory}"
        environ = {**os.environ, "CREW_TEST": str(directory)}
        self.process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(self.file)], env=environ)
        eventually(lambda: len(self.children()) == 2)

    def children(self):
        return [int(line) for line in self.file.read_text().splitlines() if line.isdigit()]


@pytest.fixture
def crew(tmp_path):
    crew = RunningCrew(tmp_path)
    yield crew
    crew.process.kill()
    crew.process.wait()


def test_a_killed_member_is_replaced_and_the_others_are_left_alone(crew):
    first, second = crew.children()
    os.kill(first, signal.SIGKILL)

    *_, replacement = eventually(lambda: len(crew.children()) == 3 and crew.children())

    running = processes_with(crew.mark)
    assert {second, replacement} < set(running)
    assert first not in running


def test_a_crew_whose_members_die_at_birth_is_tried_again_and_holds_up_no_other(crew):
    eventually(lambda: crew.file.read_text().count("stillborn") == 3)
    assert len(crew.children()) == 2

    os.kill(crew.children()[0], signal.SIGKILL)

    eventually(lambda: len(crew.children()) == 3)


def test_members_bear_the_name_of_their_crew(crew):
    assert {name_of(pid) for pid in crew.children()} == {"sound"}


def test_sigterm_lets_every_member_finish(crew):
    crew.process.terminate()

    assert crew.process.wait(10) == 0
    assert crew.file.read_text().count("finished") == 2
    assert processes_with(crew.mark) == {}


def test_members_end_when_the_crew_is_killed(crew):
    crew.process.kill()
    crew.process.wait()

    eventually(lambda: processes_with(crew.mark) == {})
