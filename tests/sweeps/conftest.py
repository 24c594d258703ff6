"""The world that the sweeps go through, and the forms that its pages offer."""

import pytest

from tests.sweeps.forms import Site
from tests.sweeps.judge import PROVIDERS
from tests.sweeps.site import site_of
from tests.sweeps.world import World, make_world


@pytest.fixture
def environ() -> dict[str, str]:
    """No request of a sweep gets to Google or Microsoft themselves."""
    return PROVIDERS


@pytest.fixture
def world(app, cast) -> World:
    return make_world(app, cast)


@pytest.fixture
def site(world: World) -> Site:
    return site_of(world)
