"""50 processes need one mailbox's token at the same moment, 500 times: one call a round, no false alarm."""

import time

import pytest

from nimbus.extensions import db
from nimbus.sandbox.world import World
from tests.factories import make_workspace
from tests.refreshing.crowd import need_it_at_once

PROCESSES, ROUNDS = 50, 500


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def world(clock):
    """The practice world, and not one of the long runs beside this."""
    return World(clock)


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


def test_fifty_processes_ask_once_a_round_for_five_hundred_rounds(app, context, sandbox, capsys):
    began = time.monotonic()

    found = need_it_at_once(app, sandbox, make_workspace(), processes=PROCESSES, rounds=ROUNDS)

    figures = f"rounds {len(found.calls)} calls {sum(found.calls)} complaints {len(found.complaints)}"
    with capsys.disabled():
        seconds = time.monotonic() - began
        print(f"\nsoak refreshing {db.engine.dialect.name} {figures} seconds {seconds:.0f}")  # noqa: T201
    assert found.complaints == []
    assert found.calls == [1] * ROUNDS
    assert (found.state, found.version) == ("ok", ROUNDS + 1)
