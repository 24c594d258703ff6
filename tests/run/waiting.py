"""Waiting for a condition with a deadline, and looking at the machine's processes."""

import time
from pathlib import Path


def eventually(condition, seconds=15.0):
    """The first true answer of condition(); fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"still not true after {seconds} s: {condition}"
        time.sleep(0.02)
    return answer


def name_of(pid):
    """What the kernel calls a process: at most 15 bytes, and for a worker its first queue; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
    except OSError:
        return ""


def processes_with(variable):
    """Command line by process id, of every process whose environment holds this text (NAME=value)."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                )
        except OSError:
            continue
    return {pid: command for pid, command in found.items() if command}
