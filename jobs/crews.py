"""Crews of forked processes, which share what was loaded before them; each process that ends is replaced."""

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event
from types import FrameType

from nimbus.processes import be_known_as, die_with_parent

GRACE_SECONDS = 25  # what a running job gets after SIGTERM; whoever waits for us gives 30
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)


class Crew:
    """A number of processes that all run one function, and are known to the system by one name of 15 bytes."""

    def __init__(self, name: str, size: int, run: Callable[[], None]) -> None:
        self.name = name
        self.size = size
        self.run = run
        self.started: dict[int, float] = {}  # process id -> when, in monotonic seconds
        self.not_before = 0.0

    def complete(self) -> None:
        """Start what is missing; one that died at birth is not tried again at once."""
        self.reap()
        while len(self.started) < self.size and time.monotonic() >= self.not_before:
            self._fork()

    def reap(self) -> None:
        """Forget those that have ended."""
        for pid in list(self.started):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self.not_before = self.started.pop(pid) + 1

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to each of them."""
        for pid in self.started:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _fork(self) -> None:
        # Held back across the fork: a signal in between would reach the parent's handler, in the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._be_a_child()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        self.started[pid] = time.monotonic()

    def _be_a_child(self) -> None:
        code = 1
        try:
            die_with_parent()
            be_known_as(self.name)
            for number in STOP_SIGNALS:
                signal.signal(number, _leave)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            self.run()
            code = 0
        except SystemExit:
            code = 0
        except Exception:
            log.exception("A worker ended on an error and is replaced")
        finally:
            logging.shutdown()
            os._exit(code)


def keep(crews: Sequence[Crew]) -> None:
    """Keep all crews complete until SIGTERM or SIGINT, then let the running jobs finish."""
    stop = Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda _number, _frame: stop.set())
    while True:
        for crew in crews:
            crew.complete()
        if stop.wait(0.2):
            break
    _let_go(crews)


def _let_go(crews: Sequence[Crew]) -> None:
    for crew in crews:
        crew.signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(crew.started for crew in crews) and time.monotonic() < deadline:
        time.sleep(0.02)
        for crew in crews:
            crew.reap()
    for crew in crews:
        crew.signal(signal.SIGKILL)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Until RQ listens to signals itself: end, and sign off on the way."""
    raise SystemExit
