"""What strikes: faults in an order that a seed decides."""

import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Event

from tests.faults.world import World


class Nemesis:
    """Strikes a world again and again; `strikes` counts what it did."""

    def __init__(
        self,
        world: World,
        *,
        seed: int,
        weights: Mapping[str, int],
        pause: tuple[float, float] = (0.3, 1.0),
        outage: tuple[float, float] = (1.0, 3.0),
        freeze: tuple[float, float] = (2.0, 6.0),
    ) -> None:
        self.strikes: Counter[str] = Counter()
        self.endings: list[float] = []  # seconds that the product took to stop, each time
        self._world = world
        self._random = random.Random(seed)
        self._weights = weights
        self._pause, self._outage, self._freeze = pause, outage, freeze
        self._calm = Event()

    def rage(self, until: Callable[[], bool]) -> None:
        """Strike until told that it is enough. For the main thread: a server that it restarts ends with its thread."""
        while not until():
            (name,) = self._random.choices(list(self._weights), list(self._weights.values()))
            getattr(self, name)()
            self.strikes[name] += 1
            self._wait(self._pause)

    def _wait(self, between: tuple[float, float]) -> None:
        self._calm.wait(self._random.uniform(*between))

    def kill_worker(self) -> None:
        """SIGKILL to one process that runs jobs, whatever it is doing."""
        if workers := self._world.workers():
            self._world.kill_process(self._random.choice(workers))

    def kill_sender(self) -> None:
        """SIGKILL to one process that sends, whatever it is doing."""
        if senders := self._world.workers("send"):
            self._world.kill_process(self._random.choice(senders))

    def kill_queue(self) -> None:
        """SIGKILL to the queue server."""
        self._world.kill_queue()

    def flush_queue(self) -> None:
        """FLUSHALL."""
        self._world.flush_queue()

    def disturb_database(self) -> None:
        """SQLite is locked for a while, Postgres restarts at once."""
        self._world.database.disturb(lambda: self._wait(self._outage))

    def fill_disk(self) -> None:
        """The disk of the data is full for a while, for a world that has one of its own."""
        self._world.disk.fill()
        self._world.database.use_up()
        self._wait(self._outage)
        self._world.disk.free()
        self._world.database.recover()

    def restart_product(self) -> None:
        """SIGTERM to everything, and a new start."""
        self.endings.append(self._world.restart())

    def freeze_workers(self) -> None:
        """SIGSTOP to those who run connection tests, and SIGCONT after what may be more than their lease."""
        self._world.signal_workers(signal.SIGSTOP)
        self._wait(self._freeze)
        self._world.signal_workers(signal.SIGCONT)
