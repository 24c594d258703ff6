"""Keeps programs running: one that crashes comes back after a growing pause, one that was stopped stays down."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from nimbus.processes import die_with_parent
from nimbus.settings_kinds import CHECKOUT

LONGEST_PAUSE, LONGEST_VITAL = 30.0, 4.0  # seconds; everything else waits for what is vital
STEADY = 60.0  # seconds of life after which a crash counts as the first one again
ON_PURPOSE = (0, -signal.SIGTERM, -signal.SIGINT)


@dataclass
class Program:
    """One thing to keep running. A vital program comes back however it ended, and the first time at once."""

    name: str
    command: list[str]
    by_hand: str = ""  # what a person types to start it again
    vital: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    due: float | None = 0.0  # when to start it, in monotonic seconds; None when it runs or stays down


class Supervisor:
    """Starts, watches and stops programs from the main thread; the caller calls tick() a few times a second."""

    def __init__(
        self, environ: Mapping[str, str], say: Callable[[str], None], *, grace: float = 30.0
    ) -> None:
        self.environ = environ
        self.say = say
        self.grace = grace  # seconds between SIGTERM and SIGKILL
        self.programs: list[Program] = []

    def add(self, program: Program) -> None:
        """Start a program and watch it from now on."""
        self.programs.append(program)
        self._start(program)

    def tick(self) -> None:
        """Notice what ended, and start what is due."""
        for program in self.programs:
            if program.process and program.process.poll() is not None:
                self._ended(program, program.process)
            if program.due is not None and time.monotonic() >= program.due:
                self._start(program)

    def stop(self, programs: list[Program]) -> None:
        """SIGTERM to these programs together; SIGKILL to the groups of those that are still there after the grace."""
        running = [program.process for program in programs if program.process]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + self.grace
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for program in programs:
            program.process, program.due = None, None

    def _start(self, program: Program) -> None:
        program.due, program.started = None, time.monotonic()
        program.process = self.launch(program.command)

    def launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Execute a program, in a session of its own."""
        return subprocess.Popen(  # noqa: S603 - the Procfile and the queue server, nothing that a user typed
            command,
            cwd=CHECKOUT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal reaches us alone, and we stop them in order
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
        )

    def _ended(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        program.process = None
        code = process.returncode
        with suppress(ProcessLookupError):  # what it started must not hold the port or the queue any longer
            os.killpg(process.pid, signal.SIGTERM)
        if code in ON_PURPOSE and not program.vital:
            self.say(f"{program.name} was stopped and stays down. To start it again: {program.by_hand}")
            return
        if time.monotonic() - program.started > STEADY:
            program.crashes = 0
        pause = min(LONGEST_VITAL if program.vital else LONGEST_PAUSE, 2.0**program.crashes)
        if program.vital and not program.crashes:
            pause = 0.0
        program.crashes += 1
        program.due = time.monotonic() + pause
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        when = f"in {pause:.0f} s" if pause else "now"
        self.say(f"{program.name} {how} and is started again {when}.")
