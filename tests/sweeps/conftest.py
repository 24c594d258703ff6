"""The world that the sweeps go through, and the forms that its pages offer."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from nimbus import create_app
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.services.live_place import confirm_first, forget_places
from nimbus.settings import Settings
from tests.conftest import test_settings
from tests.factories import make_cast
from tests.sweeps.forms import Site
from tests.sweeps.judge import PROVIDERS
from tests.sweeps.site import site_of
from tests.sweeps.world import World, make_world


@pytest.fixture
def environ() -> dict[str, str]:
    """No request of a sweep gets to Google or Microsoft themselves."""
    return PROVIDERS


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory, empty_database: Path, queue_server: str) -> World:
    """A world on SQLite that no request has been sent to, to be copied with its keys and files."""
    settings = test_settings(tmp_path_factory.mktemp("world"), REDIS_URL=queue_server, **PROVIDERS)
    shutil.copy(empty_database, settings.data_dir / "nimbus.sqlite3")
    app = create_app(settings, pages=False)
    with app.app_context():
        world = make_world(app, make_cast())
        db.session.remove()
        db.engine.dispose()
    return world


@pytest.fixture
def settings(settings: Settings, made_world: World, database_url: str | None) -> Settings:
    if not database_url:
        made: Settings = made_world.app.extensions["nimbus.settings"]
        shutil.copytree(made.data_dir, settings.data_dir, dirs_exist_ok=True)
        shutil.copy(made.key_file, settings.key_file)
    return settings


@pytest.fixture
def world(app: Flask, made_world: World, database_url: str | None) -> World:
    """The same world for every test, its ids included; on Postgres it is made anew."""
    with app.app_context():
        if database_url:
            return make_world(app, make_cast())
        with transaction() as session:  # a copy would send nothing
            forget_places(session)
            confirm_first(session, by="tests")
    return replace(made_world, app=app)


@pytest.fixture
def site(world: World) -> Site:
    return site_of(world)
