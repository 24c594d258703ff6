"""10,000 credentials whose rotation is killed 200 times, wherever it happens to be."""

import time

import pytest

from tests.factories import make_person, make_workspace
from tests.rotating.fleet import everything, fill
from tests.rotating.killing import finish, rotate_and_kill

ACCOUNTS, KILLS, POINTS = 5_000, 200, 250
UNDISTURBED_SECONDS = 10  # reliability.md, F9


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def ada(context):
    return make_person(make_workspace("Acme"), "Ada")


def test_rotation_killed_two_hundred_times_leaves_everything_readable(app, clock, ada, database_url, capsys):
    acme = ada.workspace_id
    secrets = fill(acme, ada.user_id, ACCOUNTS)
    began = time.monotonic()
    finish(clock, acme)
    undisturbed = time.monotonic() - began

    killed = rotate_and_kill(app, clock, acme, secrets, seed=9, kills=KILLS, points=POINTS)
    finish(clock, acme)

    name = "postgres" if database_url else "sqlite"
    with capsys.disabled():
        shown = f"credentials {len(secrets)} undisturbed_s {undisturbed:.1f} {killed}"
        print(f"\nsoak key_rotation {name} {shown}")  # noqa: T201 - what the run is for
    assert (killed.kills, killed.unreadable) == (KILLS, 0)
    assert everything(acme) == secrets
    assert undisturbed <= UNDISTURBED_SECONDS
