"""Work in a process of its own: its answer comes back, and nothing else of it stays."""

import os
import signal
import subprocess
import sys

import pytest

from nimbus.errors import NimbusError
from nimbus.processes import apart
from tests.run.waiting import eventually, processes_with

SCRIPT = """
import os, sys, time
from nimbus.processes import apart
def wait(file):
    open(file, "a").write("begun")
    time.sleep(60)
apart(wait, sys.argv[1])
"""


def load(module):
    __import__(module)
    return module in sys.modules


def refuse(sentence):
    raise NimbusError(sentence)


def test_what_it_loads_goes_with_it():
    assert apart(load, "wave")

    assert "wave" not in sys.modules


def test_what_it_raises_comes_back():
    with pytest.raises(NimbusError, match=r"^Not like this\.$"):
        apart(refuse, "Not like this.")


def test_its_violent_end_is_said_in_a_sentence():
    with pytest.raises(NimbusError, match="was killed"):
        apart(os._exit, 9)


def test_it_ends_with_the_process_that_asked_for_it(tmp_path):
    file, mark = tmp_path / "file", f"APART_TEST={tmp_path}"
    environ = {**os.environ, "APART_TEST": str(tmp_path)}
    asking = subprocess.Popen([sys.executable, "-c", SCRIPT, str(file)], env=environ)
    eventually(file.exists)

    asking.send_signal(signal.SIGKILL)
    asking.wait()

    eventually(lambda: processes_with(mark) == {})
