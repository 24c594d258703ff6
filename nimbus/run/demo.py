"""`python -m nimbus.run.demo`: the practice world, NimbusOS in it on fresh data, and a fleet of mailboxes to look at."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import NamedTuple

from nimbus.errors import NimbusError
from nimbus.processes import apart, die_with_parent, hold_data_directory
from nimbus.run.__main__ import prepare_here, refuse_taken_port, run, say
from nimbus.settings import DECLARED, load_settings
from nimbus.settings_kinds import CHECKOUT

_USUAL = "127.0.0.1:8000"
_STOP_SECONDS = 10


class Person(NamedTuple):
    """Who can sign in to the demo."""

    email: str = "dana@agency.test"
    password: str = "practice makes perfect"  # noqa: S105 - printed on purpose


class Scene(NamedTuple):
    """What the seed needs to know."""

    control_url: str
    person: Person


def main() -> int:
    """Run until Ctrl-C or SIGTERM, then 0; 1 with one sentence when it cannot start."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        with tempfile.TemporaryDirectory(prefix="nimbus-demo-") as name:
            _rehearse(Path(name), stop)
    except (NimbusError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _rehearse(directory: Path, stop: Event) -> None:
    bind = _free_bind(os.environ.get("NIMBUS_BIND", _USUAL))
    say("The practice world and its 60 mailboxes are being set up …")
    with _world(f"http://{bind}") as (environ, control_url):
        _forget_settings()
        os.environ |= environ | {
            "NIMBUS_BIND": bind,
            "NIMBUS_DATA_DIR": str(directory / "data"),
            "NIMBUS_KEY_FILE": str(directory / "keys" / "instance.key"),
        }
        lock, person = hold_data_directory(directory / "data"), Person()
        apart(_furnish, Scene(control_url, person))
        say(f"Sign in as {person.email} with the password: {person.password}")
        say(f"Faults, people and the clock: {control_url}/")
        run(load_settings(), stop)
        os.close(lock)


def _furnish(scene: Scene) -> None:
    """Make the tables and fill them; what that loads is gone again before the first process of the product starts."""
    from nimbus.sandbox.seed import furnish

    prepare_here(load_settings())
    furnish(load_settings(), scene.control_url, email=scene.person.email, password=scene.person.password)


def _free_bind(wanted: str) -> str:
    """The usual address; another port of this machine, and a word about it, where that one is taken."""
    try:
        refuse_taken_port(wanted)
    except NimbusError:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            other = f"127.0.0.1:{probe.getsockname()[1]}"
        say(f"Something else listens on {wanted}, so the demo takes {other}.")
        return other
    return wanted


def _forget_settings() -> None:
    """A rehearsal takes nothing from a real installation: not its database, not its keys, not its applications."""
    for declared in DECLARED.values():
        for name in (declared.name, f"{declared.name}_FILE"):
            os.environ.pop(name, None)


@contextmanager
def _world(base_url: str) -> Iterator[tuple[dict[str, str], str]]:
    """The practice world as a process of its own; the settings that it asks for, and where it is controlled."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "nimbus.sandbox.serve", base_url],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal reaches us alone: the world goes last
        preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
    )
    try:
        yield _read(process)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _read(process: subprocess.Popen[str]) -> tuple[dict[str, str], str]:
    environ = {}
    for line in process.stdout or ():
        if line.startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            environ[name] = value
        if found := re.match(r"# Control page: (\S+?)/?$", line):
            return environ, found[1]
    raise NimbusError("The practice world did not start: see above.")


if __name__ == "__main__":
    sys.exit(main())
