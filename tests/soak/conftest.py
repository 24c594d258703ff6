"""Worlds for the long runs: the very product that `make run` starts, with the patience it really has."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.world import World, running_world
from tests.product import COMMAND
from tests.servers.availability import require
from tests.servers.mail import MailStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("servers")


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, mail_stack: MailStack) -> Iterator[World]:
    if request.param == "postgres":
        require("postgres")
    with running_world(mail_stack, request.param, command=COMMAND, settles_within=150) as running:
        yield running


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], world: World) -> Callable[..., None]:
    """Print a line of figures, past pytest's capture."""

    def line(name: str, **figures: object) -> None:
        with capsys.disabled():
            shown = " ".join(f"{figure} {value}" for figure, value in figures.items())
            print(f"\nsoak {name} {world.database.name} {shown}")  # noqa: T201 - what the run is for

    return line
