"""Inboxes that all send through one sink, and the product with several senders that serves them."""

import itertools
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from nimbus import create_app
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    EmailAccountHealth,
    InboxDay,
    InboxEvent,
    InboxHour,
    InboxMailDay,
    InboxSender,
    MailServer,
    Send,
)
from nimbus.providers.smtp_imap.probe import TOKEN_HEADER
from nimbus.rules.connection_test import Leg
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.send_state import HELD, SendKind, SendState
from nimbus.services.queue_send import queue_send
from tests.connecting.form import filled
from tests.factories import make_email_account
from tests.faults.databases import Database
from tests.faults.people import Kind, Mailbox, Visitor
from tests.faults.send_judge import Evidence, verdict
from tests.faults.sinks import client_of
from tests.faults.small_disk import SmallDisk
from tests.faults.world import World, eventually, running_world
from tests.product import CREW
from tests.servers.faults import ScriptedImap
from tests.servers.processes import wait_until
from tests.servers.sink import Point, Sink, Visit, accepted

WORKSPACE = 1  # the one that setting up made
AT_ONCE = 25  # messages accepted in one transaction
SOON = timedelta(
    seconds=30
)  # what a server refused for now comes back within it; what waits for a new day does not


class Fleet(World):
    """A world whose `inboxes` are account ids; `asked` are the sends that were accepted from a person.

    `doubts` counts what the sink cannot see: senders that stand still. `refusals` counts how often the database took
    nothing new.
    """

    def __init__(
        self,
        directory: Path,
        _stack: None,
        database: Database,
        *,
        servers: "Servers",
        inboxes: int = 20,
        limit: int = 1000,
        senders: int = 2,
        per_domain: int = 5,
        **options: Any,
    ) -> None:
        super().__init__(directory, None, database, SENDERS=str(senders), **options)
        self.crew = CREW + senders
        self.sink = servers.sink
        self.asked: set[int] = set()
        self.inboxes: list[int] = []
        self.doubts = self.refusals = 0
        self.disk = servers.disk
        self._imap = servers.imap
        self._test_messages: set[str] = set()  # Message-IDs
        self._tested: Counter[tuple[int, date]] = Counter()
        self._wanted = inboxes, limit
        self._per_domain = per_domain
        self._app: Flask | None = None  # the product within this process
        self._numbers = itertools.count(1)

    def start(self) -> None:
        if self.disk:  # for Postgres it is mounted already
            self.disk.mount(self.product.settings.data_dir)
        super().start()

    def stop(self) -> None:
        super().stop()
        if self._app:
            with self._app.app_context():
                db.engine.dispose()

    def sign_in(self) -> None:
        super().sign_in()
        self._app = create_app(self.product.settings)
        count, limit = self._wanted
        self.add_inboxes(count, limit)

    def add_inboxes(self, count: int, limit: int) -> None:
        """More inboxes, so many of each domain."""
        with self._app.app_context():
            for number in range(count):
                email = f"person{len(self.inboxes)}@try{number // self._per_domain}.acme.test"
                chosen = {"daily_send_limit": limit, "limit_mode": "manual"}  # else its stage would lower it
                self.inboxes.append(make_email_account(WORKSPACE, email, **chosen))
            for leg, port in ((Leg.SMTP, self.sink.port), (Leg.IMAP, self._imap.port)):
                with transaction() as session:
                    here = {"host": "127.0.0.1", "port": port, "security": "none"}
                    session.execute(sa.update(MailServer).where(MailServer.leg == leg).values(here))

    def connect(self, email: str, limit: int) -> None:
        """One more inbox, connected through the pages, and its limit set there; its test message counts in the day."""
        here = {"host": "127.0.0.1", "security": "none"}
        fields = {
            f"{leg}_{name}": value
            for leg, port in (("smtp", self.sink.port), ("imap", self._imap.port))
            for name, value in (here | {"port": port, "username": email}).items()
        }
        self.sink.whim = self._file_test_message
        visitor = Visitor(self, patience=60)
        said = visitor.connect(Mailbox(email, Kind.GOOD, filled(email=email, **fields)))
        assert said.startswith(Kind.GOOD), said
        self.sink.whim = lambda *_: None
        [account] = [each for each in self.rows(EmailAccountHealth) if each.email == email]
        self.client.get(f"/email-accounts/{account.id}")
        self.client.post(f"/email-accounts/{account.id}/limit", daily_send_limit=limit)
        self.inboxes.append(account.id)
        [used] = [day for day in self.rows(InboxDay) if day.account_id == account.id]
        self._tested[account.id, used.day] += 1

    def _file_test_message(self, point: Point, _visit: Visit) -> None:
        """The mailbox has the message that the sink has just taken."""
        if point == Point.TAKEN:
            message = message_from_bytes(self.sink.received[-1])
            self._test_messages.add(message["Message-ID"])
            header = f"{TOKEN_HEADER}: {message[TOKEN_HEADER]}\r\n\r\n".encode()
            found = b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (%s)] {%d}\n%s)\nTAG OK Done"
            self._imap.replies = {
                "SEARCH": b"* SEARCH 1\nTAG OK Done",
                "FETCH": found % (TOKEN_HEADER.upper().encode(), len(header), header),
            }

    def ask(self, count: int) -> None:
        """Ask for so many messages, by turns of the inboxes; what the database refuses is asked for again."""
        numbers = itertools.islice(self._numbers, count)
        with self._app.app_context():
            while batch := list(itertools.islice(numbers, AT_ONCE)):
                wait_until(lambda: self._accepted(batch), within=90, what="a database that takes sends")

    def _accepted(self, batch: list[int]) -> bool:
        try:
            with transaction() as session:
                ids = [self._queue(session, number) for number in batch]
        except OperationalError:
            db.session.remove()
            self.refusals += 1
            return False
        self.asked.update(ids)
        return True

    def _queue(self, session: Session, number: int) -> int:
        return queue_send(
            session,
            workspace_id=WORKSPACE,
            account_id=self.inboxes[number % len(self.inboxes)],
            kind=SendKind.CAMPAIGN,
            recipient=f"lead{number}@beta.test",
            subject=f"Hello, number {number}",
            body="A short letter.\n",
            key=f"campaign:{number}",
        )

    @staticmethod
    def slowly(point: Point, _visit: Visit) -> None:
        """A whim: the server thinks for a moment before it takes a message."""
        if point == Point.RCPT:
            threading.Event().wait(0.3)

    def backlog(self) -> int:
        """How many messages are held or due soon; as if there were many while the database is away."""
        due = sa.and_(Send.state == SendState.QUEUED, Send.due_at <= datetime.now(UTC) + SOON)
        try:
            [[count]] = self.query(sa.select(sa.func.count()).where(sa.or_(Send.state.in_(HELD), due)))
        except OperationalError:
            return sys.maxsize
        return count

    def at_rest(self) -> bool:
        """Whether nobody holds a message and none is due."""
        return self.backlog() == 0

    def settle(self) -> None:
        """Wait until nothing is under way any more, or the time for that is over."""
        eventually(self.at_rest, within=self.settles_within)

    def wrong(self) -> dict[str, list[str]]:
        """What the judge finds in the end."""
        self.settle()
        return verdict(self.evidence())

    def turns(self) -> set[str]:
        """The owners of all turns that were not given back; whoever was killed leaves one behind."""
        return {owner for (owner,) in self.query(sa.select(InboxSender.owner)) if owner}

    def evidence(self) -> Evidence:
        """Rows first: what the sink takes while they are read would otherwise have no row."""
        mail = self.rows(InboxMailDay)  # before what it is counted from
        sends, days, hours = self.rows(Send), self.rows(InboxDay), self.rows(InboxHour)
        heard = [fact for fact in self.rows(InboxEvent) if fact.kind == EventKind.SENT]
        return Evidence(
            asked=self.asked,
            sends=sends,
            days=days,
            hours=hours,
            limits={account.id: account.daily_send_limit for account in self.rows(EmailAccountHealth)},
            taken=[each for each in accepted(self.sink.log) if each.message_id not in self._test_messages],
            doubts=self.sink.cuts + self.doubts,
            now=datetime.now(UTC),
            tested=self._tested,
            heard=Counter(fact.send_id for fact in heard),
            counted=sum((Counter({day.account_id: day.sent}) for day in mail), Counter()),
        )


class Servers(NamedTuple):
    """What a fleet leans on: who takes its mail, its empty mailboxes, and the disk of its data if that is small."""

    sink: Sink
    imap: ScriptedImap
    disk: SmallDisk | None


@contextmanager
def running_fleet(database: str, *, small_disk: bool = False, **options: Any) -> Iterator[Fleet]:
    """A fleet of its own on this kind of database, with a sink of its own."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="nimbus-sink-")))
        servers = Servers(
            stack.enter_context(Sink(directory / "log")),
            stack.enter_context(ScriptedImap()),
            stack.enter_context(SmallDisk()) if small_disk else None,
        )
        options = {"kind": Fleet, "servers": servers, "disk": servers.disk} | options
        yield stack.enter_context(running_world(None, database, **options))


class KillsAt:
    """A whim: sends a signal to the sender that is at the first of its points, then to one at the second, and so on."""

    def __init__(
        self, fleet: Fleet, points: Iterable[Point], number: signal.Signals = signal.SIGKILL
    ) -> None:
        self.struck: list[int] = []
        self._fleet = fleet
        self._points = list(points)
        self._number = number
        self._met: dict[Visit, int] = {}
        self._turn = threading.Lock()

    def __call__(self, point: Point, visit: Visit) -> None:
        with self._turn:
            victim = self._victim(point, visit) if self._points else 0
            if not victim:
                return
            self._fleet.kill_process(victim, self._number)
            self.struck.append(victim)
            del self._points[0]
        if self._number == signal.SIGKILL and point not in {Point.TAKEN, Point.ANSWERED}:
            visit.close()  # what the dead has said is not gone on with

    def _victim(self, point: Point, visit: Visit) -> int:
        """The process to strike now, 0 if there is none."""
        wanted = self._points[0]
        if point == Point.ANSWERED:
            return self._met.pop(visit, 0) if wanted == point else 0
        with suppress(AssertionError):  # something else has struck it already
            if point == wanted:
                return client_of(visit.connection, self._fleet, within=1)
            if (point, wanted) == (Point.TAKEN, Point.ANSWERED):  # once it is answered it may go away
                self._met[visit] = client_of(visit.connection, self._fleet, within=1)
        return 0

    @property
    def done(self) -> bool:
        return not self._points
