"""Another workspace's rows cannot be told from rows that do not exist, and nothing done to them happens."""

import pytest
import time_machine

from nimbus.models.base import Base
from tests.sweeps.asking import ask, described
from tests.sweeps.routes import routes
from tests.sweeps.rows import changed, photograph
from tests.sweeps.world import CANARY


def test_every_table_of_a_workspace_has_a_row_in_both(world):
    for person in (world.cast.alice, world.cast.charlie):
        world.sign_in(person.name.lower())
        rows = photograph(world.app, person.workspace_id)
        empty = {name for name, table in Base.metadata.tables.items() if not rows[name]}

        assert empty == {"instance_fact"}, "give tests/sweeps/world.py a row of each"


@pytest.mark.parametrize("htmx", [False, True])
def test_another_workspaces_row_answers_like_a_missing_one(world, site, htmx):
    before, told_apart = photograph(world.app, world.cast.alice.workspace_id), []
    with time_machine.travel("2026-11-22 12:00:00Z", tick=False):  # tokens are sealed with the second
        charlie = world.sign_in("charlie")
        theirs, missing = routes(world.app, world.acme), routes(world.app, world.missing)
        for foreign, nobodys in zip(theirs, missing, strict=True):
            for form in site.filled(foreign.endpoint) if foreign.names_a_row else ():
                answer, expected = (ask(charlie, route, form, htmx=htmx) for route in (foreign, nobodys))
                status = 200 if foreign.method == "OPTIONS" else 404
                if not answer.status_code == expected.status_code == status or not _same(answer, expected):
                    told_apart.append(f"{described(foreign, answer)} / {expected.status_code}")

    assert told_apart == []
    assert changed(before, photograph(world.app, world.cast.alice.workspace_id)) == {}


def test_ids_of_another_workspace_in_queries_show_and_change_nothing(world, site):
    before, shown = photograph(world.app, world.cast.alice.workspace_id), []
    charlie = world.sign_in("charlie")
    theirs = {str(value) for value in world.acme.values()}
    for route in _behind_a_session(world):
        # An answer to HEAD has no body to show anything in; that it changes nothing is tried in test_safe_methods.
        for value in theirs if route.method == "GET" else ():
            answer = charlie.client.get(route.url, query_string=dict.fromkeys(site.queries, value))
            shown += [described(route, answer)] if CANARY in answer.data else []

    assert shown == []
    assert changed(before, photograph(world.app, world.cast.alice.workspace_id)) == {}


@pytest.mark.parametrize("htmx", [False, True])
def test_ids_of_another_workspace_in_fields_show_and_change_nothing(world, site, htmx):
    before, shown = photograph(world.app, world.cast.alice.workspace_id), []
    charlie = world.sign_in("charlie")
    for route in _behind_a_session(world):
        for form in () if route.is_safe else site.filled(route.endpoint):
            ids = {name: value for name, value in form.items() if value.isdigit()}
            answer = ask(charlie, route, ids, htmx=htmx)
            shown += [described(route, answer)] if CANARY in answer.data else []

    assert shown == []
    assert changed(before, photograph(world.app, world.cast.alice.workspace_id)) == {}


def _behind_a_session(world):
    """What Charlie's own addresses answer while he is signed in."""
    every = routes(world.app, world.zenith)
    return [route for route in every if not route.is_public and route.endpoint != "sessions.end"]


def _same(answer, expected):
    return answer.data == expected.data and list(answer.headers) == list(expected.headers)
