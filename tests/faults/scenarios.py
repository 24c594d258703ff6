"""Misfortunes, each the same for the product and for its variants with a bug. The judge says how it went."""

import os
import signal
from collections.abc import Iterable

from tests.faults.people import FORM, Kind, Visitor, mailbox
from tests.faults.sinks import Sinks
from tests.faults.world import World, eventually
from tests.servers.processes import wait_until

PATIENCE = 100  # seconds


def killed_at(world: World, points: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Workers are killed, each at a point of a dialogue; mailbox by mailbox what its page says in the end.

    Nothing when there is no end: the message of a killed test is sent once more, or the time is over.
    """
    visitor = Visitor(world, patience=PATIENCE)
    with Sinks(world) as sinks:
        tests = {}
        for number, (leg, point) in enumerate(points):
            name = f"killed{number}-{leg}-{point.lower()}"
            chosen = sinks.mailbox(name, leg, point)
            world.addresses.add(chosen.address)
            tests[name] = visitor.submit(FORM, **chosen.fields)
        wait_until(lambda: len(sinks.struck) >= len(tests), within=PATIENCE, what="the kills")
        eventually(
            lambda: world.at_rest() or len(sinks.struck) > len(tests),
            within=world.settles_within,
        )
    return {name: visitor.watch(test_id) for name, test_id in tests.items()} if world.at_rest() else {}


def frozen_after_the_dot(world: World, name: str, *, swept: bool) -> str:
    """A worker stands still from the final dot until its test was given up, then goes on; what the page said at first.

    swept: the row was closed before the worker goes on; else only the page knows that the time is over.
    """
    visitor = Visitor(world, patience=PATIENCE)
    with Sinks(world, signal.SIGSTOP) as sinks:
        chosen = sinks.mailbox(name, "smtp", "MESSAGE")
        world.addresses.add(chosen.address)
        test_id = visitor.submit(FORM, **chosen.fields)
        wait_until(lambda: sinks.struck, within=PATIENCE, what="the dot")
        if not swept:
            world.signal_workers(signal.SIGSTOP, "maintenance")
        job = world.job_of(test_id)
        said = visitor.watch(test_id)
        if swept:
            wait_until(world.at_rest, within=world.settles_within, what="the sweep")
        os.kill(sinks.struck[0], signal.SIGCONT)
        wait_until(lambda: not world.queue.exists(job), within=PATIENCE, what="the end of the job")
        world.signal_workers(signal.SIGCONT, "maintenance")
    return said


def emptied_before_anybody_came(world: World, name: str) -> None:
    """The queue loses everything while a test waits in it."""
    world.signal_workers(signal.SIGSTOP)
    visitor = Visitor(world, patience=PATIENCE)
    chosen = mailbox(world, name)
    world.addresses.add(chosen.address)
    visitor.submit(FORM, **chosen.fields)
    world.flush_queue()
    world.signal_workers(signal.SIGCONT)


def connects_again(world: World, name: str) -> bool:
    """Whether the mailbox of an earlier misfortune is connected by simply filling in the form again."""
    return Visitor(world, patience=PATIENCE).connect(mailbox(world, name)) == Kind.GOOD
