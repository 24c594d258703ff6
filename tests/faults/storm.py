"""Many people connect mailboxes while the nemesis strikes."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from tests.faults.nemesis import Nemesis
from tests.faults.people import Kind, Mailbox, Visitor, mailbox
from tests.faults.world import World

_SECURITY = ("ssl", "starttls")


def mixed_mailboxes(world: World, prefix: str, *, waits: Kind) -> Iterator[Mailbox]:
    """Mailboxes without an end: of each ten, one password is wrong and one folder misspelt; half as many lose mail."""
    for number in itertools.count():
        kind = {3: Kind.WRONG_PASSWORD, 6: Kind.MISSPELT_FOLDER}.get(number % 10, Kind.GOOD)
        kind = waits if number % 20 == 9 else kind
        security = _SECURITY[number % 2]
        secured = {
            f"{leg}_{what}": value
            for leg in ("smtp", "imap")
            for what, value in (("security", security), ("port", getattr(world.stack, f"{leg}_{security}")))
        }
        yield mailbox(world, f"{prefix}{number}", kind, **secured)


class Storm:
    """Runs a number of visitors; `wrong` maps each address that ended otherwise than it should to what was said."""

    def __init__(self, world: World, nemesis: Nemesis, *, visitors: int, patience: float) -> None:
        self.world = world
        self.nemesis = nemesis
        self.wrong: dict[str, str] = {}
        self._visitors = visitors
        self._patience = patience
        self._over = False
        self._turn = Lock()

    def blow(self, mailboxes: Iterable[Mailbox]) -> None:
        """Strike for as long as mailboxes are left to begin with; return when every visitor is done."""
        queue = iter(mailboxes)
        with ThreadPoolExecutor(self._visitors) as pool:
            visits = [pool.submit(self._visit, queue) for _ in range(self._visitors)]
            try:
                self.nemesis.rage(until=lambda: self._over or any(visit.done() for visit in visits))
            finally:
                self._over = True  # if anything failed, nobody else begins
        for visit in visits:
            visit.result()

    def _visit(self, queue: Iterator[Mailbox]) -> None:
        visitor = Visitor(self.world, patience=self._patience)
        while mailbox := self._next(queue):
            verdict = visitor.connect(mailbox)
            if verdict != mailbox.kind:
                self.wrong[mailbox.address] = verdict

    def _next(self, queue: Iterator[Mailbox]) -> Mailbox | None:
        with self._turn:
            mailbox = None if self._over else next(queue, None)
            self._over = mailbox is None
            return mailbox
