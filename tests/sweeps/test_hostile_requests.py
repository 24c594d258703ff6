"""Two thousand requests that nobody honest sends, with a fixed seed; `make soak` sends many more."""

import pytest

from tests.sweeps.hostile import Attacker
from tests.sweeps.routes import routes

REACHED = {200, 303, 400, 403, 404, 405, 422}


@pytest.fixture
def database_url(both_databases):
    return both_databases


def test_nothing_that_is_sent_breaks_a_page_or_gets_into_one(world, site, database_url):
    run = Attacker(world, site, "a fixed seed").run(500 if database_url else 2000)

    assert run.faults == []
    assert run.answers.keys() >= REACHED, run.answers


@pytest.mark.parametrize("odd", ["%00", "x%00", "%FF", "%ED%A0%80", "9" * 400])
def test_no_part_of_an_address_breaks_a_page_by_being_something_else(world, odd):
    alice, broken = world.sign_in("alice"), []
    for route in routes(world.app, world.acme):
        parts = route.url.split("/")
        for at in range(1, len(parts)):
            url = "/".join([*parts[:at], odd, *parts[at + 1 :]])
            answer = alice.client.open(url, method=route.method, data={"csrf_token": alice.token})
            broken += [f"{route.method} {url}"] if answer.status_code >= 500 else []

    assert broken == []
