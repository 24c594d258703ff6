"""`python -m nimbus.run`: the embedded queue first, then the Procfile's processes; in the other order at the end."""

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

from redis.exceptions import RedisError

from nimbus import queue_server
from nimbus.errors import NimbusError
from nimbus.processes import apart, hold_data_directory
from nimbus.queues import connect
from nimbus.run.supervisor import Program, Supervisor
from nimbus.settings import Settings, load_settings
from nimbus.settings_kinds import CHECKOUT, address_for_a_person, host_and_port

PAGES_START = 20.0  # seconds
QUEUE_START = 10.0  # seconds; a long append-only file takes a while to read


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run until Ctrl-C or SIGTERM, then 0; 1 with one sentence when it cannot start."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        settings = load_settings()
        lock = hold_data_directory(settings.data_dir)
        refuse_taken_port(settings.bind)
        run(settings, stop)
    except (NimbusError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    os.close(lock)
    return 0


def run(settings: Settings, stop: Event) -> None:
    """Everything between the first process and the last; NimbusError when the start fails."""
    supervisor = Supervisor(environment(settings, os.environ), say)
    queue = [] if settings.redis_url else [Program("The queue", queue_server.command(settings), vital=True)]
    try:
        for program in queue:
            end_left_over_queue(settings)
            supervisor.add(program)
        setup_code, problem = apart(prepare_here, settings)
        if problem:
            say(problem)
        await_queue(settings, supervisor)
        web, *others = procfile(CHECKOUT / "Procfile")
        supervisor.add(web)
        if await_pages(supervisor, stop, settings):
            say(f"NimbusOS runs at {settings.base_url}  (Ctrl-C stops it)")
        else:
            say(f"The pages do not answer yet at {settings.base_url}.")
        if setup_code:
            say(f"Set-up code: {setup_code}")
        for program in [] if problem else others:  # with the wrong key file they would not start
            supervisor.add(program)
        while not stop.wait(0.1):
            supervisor.tick()
        say("NimbusOS is stopping; running jobs get 30 s.")
    finally:
        supervisor.stop([program for program in supervisor.programs if program not in queue])
        supervisor.stop(queue)


def prepare_here(settings: Settings) -> tuple[str | None, str | None]:
    """What prepare() does; it loads the whole application, and who watches the processes needs none of it."""
    from nimbus.run.prepare import prepare

    return prepare(settings)


def refuse_taken_port(bind: str) -> None:
    """Raise NimbusError when another program listens on the address, or when it is not one of this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            *host_and_port(bind), type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise NimbusError(
            f"NimbusOS cannot listen on {bind}: {error.strerror}. "
            "Stop the program that uses it, or choose another address with NIMBUS_BIND."
        ) from None


def await_pages(supervisor: Supervisor, stop: Event, settings: Settings) -> bool:
    """Give the pages the machine to themselves until they answer: a person waits for them, and for nothing else yet.

    False after twenty seconds, when the rest is started all the same: mail goes out even while the pages are broken.
    """
    deadline = time.monotonic() + PAGES_START
    while not stop.wait(0.05) and time.monotonic() < deadline:
        supervisor.tick()
        if answers(settings.bind):
            return True
    return False


def environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What the processes get: our Python first on the path, and the address in the form that the Procfile reads."""
    handed_on = {name: value for name, value in environ.items() if name != "NIMBUS_BIND_FILE"}
    handed_on["NIMBUS_BIND"] = settings.bind
    handed_on["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
    return handed_on


def procfile(path: Path) -> list[Program]:
    """The programs of a Procfile, one `name: command` a line."""
    programs = []
    directory = Path(sys.executable).parent
    if directory.is_relative_to(CHECKOUT):
        directory = directory.relative_to(CHECKOUT)
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, command = (part.strip() for part in line.partition(":"))
        # exec: signals and exit codes are the program's own and not the shell's.
        programs.append(Program(name, ["/bin/sh", "-c", f"exec {command}"], by_hand=f"{directory}/{command}"))
    return programs


def end_left_over_queue(settings: Settings) -> None:
    """Shut down an embedded queue that outlived its run: two servers must not share one file."""
    connection = connect(queue_server.queue_url(settings))
    try:
        connection.ping()
        connection.shutdown()
    except RedisError:
        return


def await_queue(settings: Settings, supervisor: Supervisor) -> None:
    """Wait until the queue answers; NimbusError when it does not."""
    connection = connect(queue_server.queue_url(settings))
    deadline = time.monotonic() + QUEUE_START
    while True:
        try:
            connection.ping()
        except RedisError as error:
            if time.monotonic() > deadline:
                where = "REDIS_URL" if settings.redis_url else str(queue_server.log_path(settings))
                raise NimbusError(f"The queue does not answer ({error}). See {where}.") from None
        else:
            return
        supervisor.tick()
        time.sleep(0.02)


def answers(bind: str) -> bool:
    """Whether the pages are served: any HTTP answer counts."""
    host, port = host_and_port(address_for_a_person(bind).removeprefix("http://"))
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


if __name__ == "__main__":
    sys.exit(main())
