"""Many processes, one token: the provider hears of it once a round, and nobody is marked for having been in a hurry."""

import pytest

from tests.factories import make_workspace
from tests.refreshing.crowd import need_it_at_once


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


def test_eight_processes_ask_once_a_round_for_twenty_rounds(app, context, sandbox):
    found = need_it_at_once(app, sandbox, make_workspace(), processes=8, rounds=20)

    assert found.complaints == []
    assert found.calls == [1] * 20
    assert (found.state, found.version) == ("ok", 21)
