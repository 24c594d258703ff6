"""The product's programs as forks of their supervisor: what is loaded once serves all, and a world starts in a third of the time.

How a person's product starts its programs is proved in `tests/run`; here they are only there to be killed.
"""

import logging
import os
import runpy
import signal
import subprocess
import sys
import time
from contextlib import suppress

from nimbus.processes import die_with_parent
from nimbus.run.supervisor import Supervisor

_SHELL = ["/bin/sh", "-c"]
_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # by the supervisor, and not by what it starts


class ForkingSupervisor(Supervisor):
    """Becomes what the Procfile names instead of executing it; other programs are executed as ever."""

    def launch(self, command):
        if command[:2] != _SHELL:
            return super().launch(command)
        return Fork(self._words(command[2].removeprefix("exec ")), self.environ)

    def _words(self, line: str) -> list[str]:
        """What a shell makes of a line: it knows the environment and its defaults."""
        return subprocess.check_output(
            [*_SHELL, f"printf '%s\\n' {line}"], env=self.environ, text=True
        ).splitlines()


class Fork:
    """As much of a Popen as a supervisor handles."""

    returncode: int | None = None

    def __init__(self, words: list[str], environ) -> None:
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _become(words, environ)

    def poll(self) -> int | None:
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a fork", timeout)
            time.sleep(0.01)
        return self.returncode

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def _become(words: list[str], environ) -> None:
    """Run `python -m MODULE …` in this process and end it, whatever happens."""
    code = 1
    try:
        os.setsid()
        die_with_parent()
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(environ)
        _python, _m, module, *arguments = words
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        logging.getLogger(__name__).exception("A program ended on an error")
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
