"""The whole product among its real servers, and the means to kill its parts."""

import itertools
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from nimbus import create_app, queues
from nimbus.clock import MovableClock
from nimbus.extensions import db
from nimbus.models import ConnectionTest
from nimbus.queue_server import queue_url
from nimbus.rules.connection_test import UNDER_WAY
from nimbus.services.sweep import sweep
from tests.faults.databases import Database, PostgresDatabase, SqliteDatabase
from tests.faults.small_disk import SmallDisk
from tests.product import CREW, Client, Product
from tests.run.waiting import name_of, processes_with
from tests.servers.mail import MailStack
from tests.servers.processes import wait_until

HURRIED = ("-m", "tests.faults.variant", "nimbus.run")
_numbers = itertools.count(1)
_POSTFIX_QUEUES = ("maildrop", "incoming", "active", "deferred")


class World:
    """A product that runs, set up, with one person signed in; `seen` is what pages said when a test had ended."""

    crew = CREW

    def __init__(
        self,
        directory: Path,
        stack: MailStack | None,
        database: Database,
        *,
        command: tuple[str, ...] = HURRIED,
        settles_within: float = 15,
        **environ: str,
    ) -> None:
        self.stack = stack
        self.tag = f"w{next(_numbers)}"  # its mailboxes are its own, though worlds share the mail servers
        self.database = database
        given = {"DATABASE_URL": database.url} | environ
        if stack:
            given["NIMBUS_CA_FILE"] = str(stack.ca_file)
        self.product = Product(directory, command, **given)
        self.queue = queues.connect(queue_url(self.product.settings))
        self.settles_within = settles_within  # seconds
        self.seen: dict[int, str] = {}
        self.addresses: set[str] = set()
        self._reading = sa.create_engine(database.url, poolclass=NullPool)

    def start(self) -> None:
        """Start the product and wait until somebody works."""
        self.product.start()
        wait_until(lambda: len(self.workers()) == self.crew, within=30, what="the workers")

    def sign_in(self) -> None:
        self.client = Client(self.product)
        self.client.set_up(self.product.setup_code)

    def stop(self) -> None:
        """The end of the world; one that is to go on is restarted."""
        self.product.stop()

    def restart(self) -> float:
        """Stop everything as a deployment does, and start it again; how long the end took, in seconds.

        AssertionError when something of it is left over.
        """
        began = time.monotonic()
        self.product.stop()
        took = time.monotonic() - began
        assert self.processes() == {}, "the product left processes behind"
        self.start()
        return took

    def processes(self) -> dict[int, str]:
        """Command by process id of everything that the product started."""
        return processes_with(self.product.mark)

    def workers(self, queue: str = "") -> list[int]:
        """The processes that run jobs, all of them or those whose first queue this is: they bear its name."""
        wanted = {queue} if queue else set(queues.QUEUES)
        return sorted(pid for pid in self.processes() if name_of(pid) in wanted)

    def signal_workers(self, number: signal.Signals, queue: str = "interactive") -> None:
        for pid in self.workers(queue):
            _signal(pid, number)

    def kill_queue(self) -> None:
        """SIGKILL to the embedded queue server."""
        for pid, command in self.processes().items():
            if "unixsocket" in command:
                _signal(pid, signal.SIGKILL)

    def kill_process(self, pid: int, number: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL, or another signal, to one of the product's processes, if it is still there."""
        _signal(pid, number)

    def flush_queue(self) -> None:
        """Everything in the queue is gone; nothing happens when the queue itself is."""
        with suppress(queues.RedisError):
            self.queue.flushall()

    def rows(self, table: type) -> list[Any]:
        """A table, read past the product."""
        return self.query(sa.select(table.__table__))

    def query(self, statement: sa.Select[Any]) -> list[Any]:
        """The rows of any query, read past the product."""
        with self._reading.connect() as connection:
            return list(connection.execute(statement))

    def tests_of(self, name: str) -> list[Any]:
        """The rows of one mailbox's tests, oldest first."""
        address = f"{self.tag}-{name}@alpha.test"
        return [test for test in self.rows(ConnectionTest) if test.settings["email"] == address]

    def at_rest(self) -> bool:
        """Whether no test is under way, as the rows say."""
        return all(test.state not in UNDER_WAY for test in self.rows(ConnectionTest))

    def job_of(self, test_id: int) -> str:
        """The key in the queue of the last request for a test; it is gone when the job has ended."""
        note = self.queue.get(f"nimbus:rung:{queues.VERIFY_CONNECTION}:1:{test_id}")
        assert note, "nobody rang for this test"
        return f"rq:job:{note.decode()}"

    def await_mail_at_rest(self) -> None:
        """Every message that Postfix accepted has been delivered."""
        spool = self.stack.directory / "spool"
        wait_until(
            lambda: not any(path.is_file() for name in _POSTFIX_QUEUES for path in (spool / name).rglob("*")),
            within=20,
            what="the mail queue to be empty",
        )

    def sweep_after(self, **later: float) -> None:
        """Run the product's sweep in this process, with a clock that is ahead by so much."""
        clock = MovableClock()
        clock.advance(**later)
        app = create_app(self.product.settings, clock=clock)
        with app.app_context():
            sweep()
            db.session.remove()
            db.engine.dispose()


AnyWorld = TypeVar("AnyWorld", bound=World)


@contextmanager
def running_world(
    stack: MailStack | None,
    database: str,
    *,
    kind: type[AnyWorld] = World,
    disk: SmallDisk | None = None,
    **options: object,
) -> Iterator[AnyWorld]:
    """A product of its own on this kind of database, set up; its directory is gone afterwards.

    disk: what Postgres keeps its data on; a file lies with the rest of the product's data.
    """
    directory = Path(tempfile.mkdtemp(prefix="nimbus-world-"))
    chosen: Database = PostgresDatabase(disk) if database == "postgres" else SqliteDatabase(directory)
    world = kind(directory, stack, chosen, **options)
    try:
        world.start()
        world.sign_in()
        yield world
    finally:
        world.stop()
        world.product.release()
        if isinstance(chosen, PostgresDatabase):
            chosen.cluster.stop()
        shutil.rmtree(directory, ignore_errors=True)


def eventually(condition: Callable[[], object], *, within: float) -> bool:
    """Whether the condition came true in time; for verdicts that a planted bug may keep away."""
    try:
        wait_until(condition, within=within, what="it")
    except TimeoutError:
        return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
