"""A rotation that dies again and again, and what must be true each time."""

import random
import signal
from typing import NamedTuple

from flask import Flask

from nimbus.clock import MovableClock
from nimbus.services.reseal_secrets import run
from nimbus.services.rotate_keys import ask_for_rotation
from tests.rotating.children import dies_at, ended, in_child
from tests.rotating.fleet import everything, keys_named, keys_of, rotation_of


class Killed(NamedTuple):
    """How often it died, over how many rotations, and how often a password did not open as it should."""

    kills: int
    rotations: int
    unreadable: int


def rotate_and_kill(
    app: Flask, clock: MovableClock, workspace_id: int, secrets: dict, *, seed: int, kills: int, points: int
) -> Killed:
    """Kill rotations at random points, each within so many statements and commits, until there were enough kills."""
    chance = random.Random(seed)
    done = rotations = unreadable = 0
    while done < kills:
        ask_for_rotation(workspace_id)
        rotation_id = rotation_of(workspace_id).id
        point = chance.randint(1, points)
        how = ended(in_child(app, lambda: (dies_at(point), run(workspace_id, rotation_id))))  # noqa: B023
        assert how in {0, -signal.SIGKILL}
        done += how == -signal.SIGKILL
        rotations += how == 0
        unreadable += everything(workspace_id) != secrets
        clock.advance(seconds=30)  # so that nobody waits for the dead
    return Killed(done, rotations, unreadable)


def finish(clock: MovableClock, workspace_id: int) -> None:
    """Carry the last rotation to its end; everything has one key then."""
    ask_for_rotation(workspace_id)
    clock.advance(seconds=30)
    run(workspace_id, rotation_of(workspace_id).id)
    assert rotation_of(workspace_id).finished_at is not None
    [key] = keys_of(workspace_id)
    assert keys_named(workspace_id) == {key}
