"""Fifty thousand requests that nobody honest sends, half of them to each database."""

import pytest

from tests.sweeps.hostile import Attacker
from tests.sweeps.site import site_of
from tests.sweeps.world import make_world

REQUESTS, ROUNDS = 5_000, 5


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_that_is_sent_breaks_a_page_or_gets_into_one(app, cast, database_url, seed, capsys):
    world = make_world(app, cast)

    run = Attacker(world, site_of(world), f"soak {seed}").run(REQUESTS)

    with capsys.disabled():
        name = "postgres" if database_url else "sqlite"
        answers = " ".join(f"{status}:{count}" for status, count in sorted(run.answers.items()))
        print(  # noqa: T201 - what the run is for
            f"\nsoak hostile_requests {name} requests {run.answers.total()} slowest_s {run.slowest:.2f} {answers}"
        )
    assert run.faults == []
