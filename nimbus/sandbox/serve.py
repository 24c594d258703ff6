"""The whole practice world in one process: `python -m nimbus.sandbox.serve`, and `flask sandbox`."""

import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from nimbus.clock import MovableClock
from nimbus.sandbox.certificate import make_certificate
from nimbus.sandbox.control import control_app
from nimbus.sandbox.doors import HERE, Providers, serving
from nimbus.sandbox.mail import MailServers
from nimbus.sandbox.names import MAIL_HOST, NameServer, Zone
from nimbus.sandbox.people import People
from nimbus.sandbox.rehearsal import Rehearsal, SharedClock
from nimbus.sandbox.world import System, World

_ACT_SECONDS = 0.25  # how often delayed habits are looked at
_FIRST_PEOPLE = (
    ("ann@acme-google.test", "Ann Abel", System.GOOGLE),
    ("bea@acme-microsoft.test", "Bea Berg", System.MICROSOFT),
    ("cid@acme-mail.test", "Cid Clark", System.MAIL),
)


@dataclass(frozen=True)
class Running:
    """A world whose doors are open, where it is controlled, and the settings of a product that lives in it."""

    rehearsal: Rehearsal
    control_url: str
    environ: dict[str, str]


@contextmanager
def running_world(directory: Path, clock: MovableClock, *, base_url: str) -> Iterator[Running]:
    """Open every door on free ports of loopback until the end of `with`. The directory holds what a product reads."""
    world = World(clock)
    ca_file, tls = make_certificate(directory, (MAIL_HOST, "localhost", HERE))
    with ExitStack() as doors:
        providers = doors.enter_context(Providers(world, base_url))
        mail = doors.enter_context(MailServers(world, tls))
        names = doors.enter_context(NameServer(Zone(world)))
        rehearsal = Rehearsal(world, People(world), clock, mail.ports)
        control_url = doors.enter_context(serving(control_app(rehearsal)))
        doors.enter_context(_acting(rehearsal.people))
        reachable = "+".join(map(str, mail.ports.values()))
        environ = providers.environ | {
            "DNS_RESOLVERS": f"{HERE}:{names.port}",
            "NIMBUS_CA_FILE": str(ca_file),
            "NIMBUS_OUTBOUND_ALLOW": f"{HERE}/32:{reachable}",
        }
        yield Running(rehearsal, control_url, environ)


@contextmanager
def _acting(people: People) -> Iterator[None]:
    """Let people do what they put off, as time goes by."""
    stop = Event()

    def act() -> None:
        while not stop.wait(_ACT_SECONDS):
            people.act()

    thread = threading.Thread(target=act, daemon=True, name="practice people")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def serve(base_url: str) -> None:
    """Run a world until Ctrl-C or SIGTERM; prints the settings for a product as lines for a shell."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stop.set())
    with tempfile.TemporaryDirectory(prefix="nimbus-practice-") as name:
        clock_file = Path(name) / "clock"
        with running_world(Path(name), SharedClock(clock_file), base_url=base_url) as running:
            for address, person, system in _FIRST_PEOPLE:
                running.rehearsal.world.add(address, name=person, system=system)
            environ = running.environ | {
                "NIMBUS_CLOCK_FILE": str(clock_file),
                "NIMBUS_NOTICE": notice(running.control_url),
            }
            _say(_explained(running, environ, base_url))
            stop.wait()


def notice(control_url: str) -> str:
    """What a product says of a rehearsal, on top of every page."""
    return (
        "This is a rehearsal: every mailbox is made up, and nothing leaves this machine. "
        f"[Faults, people and the clock]({control_url}/) are set in the practice world."
    )


def _explained(running: Running, environ: dict[str, str], base_url: str) -> str:
    exports = (f"export {name}={shlex.quote(value)}" for name, value in environ.items())
    ports = running.rehearsal.mail_ports
    return "\n".join(
        (
            f"# For a product that answers at {base_url}:",
            *exports,
            f"# Mail: {MAIL_HOST}, SMTP {ports['smtps']} (TLS) or {ports['smtp']} (STARTTLS), IMAP {ports['imaps']} (TLS);",
            "# the user name is the address, the password “practice”.",
            "# The practice world is ready; Ctrl-C stops it.",
            f"# Control page: {running.control_url}/",
        )
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(*sys.argv[1:])
