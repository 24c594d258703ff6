"""Worlds to break: the product in a hurry, on either database, started once and shared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.world import World, running_world
from tests.servers.availability import require
from tests.servers.mail import MailStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("servers")


@pytest.fixture(scope="package", params=["sqlite", "postgres"])
def shared_world(request: pytest.FixtureRequest, mail_stack: MailStack) -> Iterator[World]:
    if request.param == "postgres":
        require("postgres")
    with running_world(mail_stack, request.param) as running:
        yield running


@pytest.fixture
def world(shared_world: World) -> World:
    """A world in which nobody has seen anything yet; what earlier tests left in its tables must be right all the same."""
    shared_world.seen.clear()
    return shared_world
