"""Misfortunes of sending, each the same for the product and for its variants with a bug. The judge says how it went."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

from nimbus import queues
from nimbus.queues import SERVE_INBOX
from tests.faults import send_bugs
from tests.faults.fleet import WORKSPACE, Fleet, KillsAt
from tests.faults.nemesis import Nemesis
from tests.servers.processes import wait_until
from tests.servers.sink import Point, Visit, Whim

PATIENCE = 240  # seconds; a lease and what follows it take more than a minute


def killed_at(fleet: Fleet, points: Iterable[Point]) -> int:
    """Senders are killed, each at a point of a dialogue, while there is enough to send; how many were."""
    whim = KillsAt(fleet, points)
    fleet.sink.whim = whim
    keep_asking(fleet, until=lambda: whim.done)
    fleet.sink.whim = calm
    return len(whim.struck)


def frozen_at(fleet: Fleet, point: Point) -> None:
    """A sender stands still at a point until its message was given up, and then goes on."""
    whim = KillsAt(fleet, [point], signal.SIGSTOP)
    fleet.sink.whim = whim
    left_behind = fleet.turns()
    fleet.ask(1)
    wait_until(lambda: whim.done, within=PATIENCE, what=f"a sender at {point}")
    fleet.doubts += 1  # its fate is unknown until the sender goes on, and the judge is not told when that is
    fleet.sink.whim = calm
    fleet.settle()
    os.kill(whim.struck[0], signal.SIGCONT)
    wait_until(lambda: fleet.turns() <= left_behind, within=PATIENCE, what="the end of the job")


def slow_at(fleet: Fleet, point: Point) -> None:
    """From now on the server takes longer over a point than a lease lasts, and each sender lives and waits for it."""
    longer = (send_bugs.LEASE + send_bugs.BEAT).total_seconds()

    def think(at: Point, _visit: Visit) -> None:
        if at == point:
            Event().wait(longer)

    fleet.sink.whim = think
    fleet.ask(2)


def silent_at(fleet: Fleet, deeds: Iterable[tuple[Point, str]]) -> None:
    """For one message each, the server hangs or hangs up at a point after the body, and says nothing more."""
    left = list(deeds)
    turn = Lock()

    def silence(point: Point, visit: Visit) -> None:
        with turn:
            deed = left.pop(0)[1] if left and left[0][0] == point else ""
        if deed:
            getattr(visit, deed)()

    fleet.sink.whim = silence
    fleet.ask(len(left) * 3)
    wait_until(lambda: not left, within=PATIENCE, what="the silences")
    fleet.settle()
    fleet.sink.whim = calm


def crowded(fleet: Fleet, count: int) -> None:
    """Many messages for few inboxes, and every sender is told of each inbox again and again."""
    fleet.ask(count)
    deadline = time.monotonic() + PATIENCE
    while not fleet.at_rest() and time.monotonic() < deadline:
        for inbox in fleet.inboxes:
            queues.enqueue(fleet.queue, SERVE_INBOX, WORKSPACE, inbox)
        Event().wait(0.05)


def storm(fleet: Fleet, nemesis: Nemesis, *, until: Callable[[], bool], backlog: int = 60) -> None:
    """Messages are asked for all the time while the nemesis strikes; both stop when it is enough."""
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(keep_asking, fleet, until=until, backlog=backlog)
        nemesis.rage(until=asking.done)
    asking.result()
    fleet.sink.whim = calm


def keep_asking(fleet: Fleet, *, until: Callable[[], bool], backlog: int = 60) -> None:
    """Never let the senders run out of work; TimeoutError when they do none for a while."""
    pause = Event()
    while not until():
        fleet.ask(20)
        wait_until(
            lambda: until() or fleet.backlog() < backlog or pause.wait(0.1),
            within=PATIENCE,
            what="senders that send",
        )


def faulty(seed: int, share: float) -> Whim:
    """A whim: a share of all answers is a refusal, a silence of a second, or the end of the connection."""
    chance, turn = random.Random(seed), Lock()

    def whim(point: Point, visit: Visit) -> bytes | None:
        with turn:
            deed = chance.choice(("later", "close")) if chance.random() < share else ""
        if deed == "close":
            visit.close()
        return b"451 4.3.0 Not now" if deed else None

    return whim


def both(one: Whim, other: Whim) -> Whim:
    """The first whim, and the second where the first lets things go on as usual."""
    return lambda point, visit: one(point, visit) or other(point, visit)


def calm(_point: Point, _visit: Visit) -> None:
    """The whim of a server in order."""
