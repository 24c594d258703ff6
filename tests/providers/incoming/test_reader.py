"""The child process that reads mail: what it costs at most, and what survives it."""

import os
import signal
from pathlib import Path

import pytest

from nimbus.providers.incoming.reader import Limits, Reader, Reason, Unreadable
from tests.mail.hostile import HOSTILE

SECONDS, MEMORY = 2.0, 256 * 1024 * 1024
PLAIN = b"From: kai@berg.test\r\nSubject: Re: hello\r\n\r\nYes, please.\r\n"
_TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def reader():
    with Reader() as reader:
        reader.read(PLAIN)
        yield reader


def cpu_seconds(pid):
    values = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / _TICKS


def most_memory(pid):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_read_within_two_seconds_and_256_mib(reader, name):
    pid = reader._child.pid
    before = cpu_seconds(pid)

    mail = reader.read(HOSTILE[name]())

    assert reader._child.pid == pid
    assert cpu_seconds(pid) - before <= SECONDS
    assert most_memory(pid) <= MEMORY
    assert mail.size <= 25 * 1024 * 1024 + 1
    assert reader.read(PLAIN).reply_text == "Yes, please."


def test_many_messages_share_one_child(reader):
    pid = reader._child.pid

    assert {reader.read(PLAIN).subject for _ in range(50)} == {"Re: hello"}
    assert reader._child.pid == pid


def test_a_message_that_takes_too_long_costs_itself_alone():
    with Reader(Limits(cpu_seconds=0.02)) as reader:
        with pytest.raises(Unreadable) as refused:
            reader.read(HOSTILE["a megabyte of open tags"]())

        assert refused.value.reason is Reason.TOO_SLOW
        assert str(refused.value) == "Reading this message took too long."
        assert reader.read(PLAIN).author == "kai@berg.test"


def test_a_message_that_takes_too_much_memory_costs_itself_alone():
    with Reader(Limits(memory=64 * 1024 * 1024)) as reader:
        with pytest.raises(Unreadable) as refused:
            reader.read(HOSTILE["40 MB of empty lines"]())

        assert refused.value.reason is Reason.TOO_BIG
        assert reader.read(PLAIN).author == "kai@berg.test"


def test_a_child_that_does_not_answer_is_left_behind():
    with Reader() as reader:
        reader.read(PLAIN)
        os.kill(reader._child.pid, signal.SIGSTOP)
        reader._pipe.settimeout(0.1)

        with pytest.raises(Unreadable) as refused:
            reader.read(PLAIN)

        assert refused.value.reason is Reason.TOO_SLOW
        assert reader.read(PLAIN).author == "kai@berg.test"


def test_a_child_that_was_killed_is_replaced():
    with Reader() as reader:
        reader.read(PLAIN)
        os.kill(reader._child.pid, signal.SIGKILL)
        reader._child.wait()

        assert reader.read(PLAIN).author == "kai@berg.test"


def test_the_child_knows_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("NIMBUS_SECRET_KEY", "not for the child")
    with Reader() as reader:
        reader.read(PLAIN)

        assert b"not for the child" not in Path(f"/proc/{reader._child.pid}/environ").read_bytes()


def test_no_child_is_started_before_it_is_needed_and_none_stays():
    with Reader() as reader:
        assert reader._child is None
        reader.read(PLAIN)
        child = reader._child

    assert child.returncode is not None
