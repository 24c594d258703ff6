"""An installation in which everything runs, to be broken one part at a time, and what `flask doctor` says of it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from nimbus import queues
from nimbus.cli.health import doctors_app
from nimbus.extensions import db
from nimbus.queue_server import queue_url
from nimbus.settings_kinds import CHECKOUT


@dataclass(frozen=True)
class Findings:
    """What the doctor said: its exit status, and its lines by their key."""

    exit_code: int
    told: dict

    def __getitem__(self, key):
        return next(check for check in self.told["checks"] if check["key"] == key)

    def __contains__(self, key):
        return any(check["key"] == key for check in self.told["checks"])

    @property
    def state(self):
        return self.told["state"]

    def in_state(self, state):
        return [check["key"] for check in self.told["checks"] if check["state"] == state]


@pytest.fixture
def well(app, cast):
    """The application of an installation that is set up and runs."""
    connection = queues.connect(queue_url(app.extensions["nimbus.settings"]))
    queues.beat(connection, queues.WorkerSeen("w", queues.QUEUES, "idle", datetime.now(UTC)))
    connection.set(queues.SCHEDULER_KEY, "x")
    return app


@pytest.fixture
def change(app):
    """Change settings of the application at hand."""

    def changed(**values):
        app.extensions["nimbus.settings"] = replace(app.extensions["nimbus.settings"], **values)

    return changed


@pytest.fixture
def examine(app):
    """Run `flask doctor` in this process."""

    def run():
        result = app.test_cli_runner().invoke(args=["doctor", "--json"])
        assert isinstance(result.exception, SystemExit | None), result.exception
        return Findings(result.exit_code, json.loads(result.output))

    return run


@pytest.fixture
def its_environ(settings):
    """The environment from which a process would read the settings of this test."""
    return {
        "NIMBUS_DATA_DIR": str(settings.data_dir),
        "NIMBUS_KEY_FILE": str(settings.key_file),
        "NIMBUS_SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }


@pytest.fixture
def examine_alone(its_environ, monkeypatch):
    """Run `flask doctor` as app.py does: with settings from the environment, and without the whole application."""

    def run(**given):
        for name, value in (its_environ | given).items():
            monkeypatch.setenv(name, value)
        app = doctors_app()
        result = app.test_cli_runner().invoke(args=["doctor", "--json"])
        assert isinstance(result.exception, SystemExit | None), result.exception
        if "sqlalchemy" in app.extensions:
            with app.app_context():
                db.engine.dispose()
        return Findings(result.exit_code, json.loads(result.output))

    return run


@pytest.fixture
def shell(its_environ):
    """Run `flask doctor` as a person at a terminal does; settings of the test's own come on top."""

    def call(*options, **given):
        return subprocess.run(
            [sys.executable, "-m", "flask", "doctor", *options],
            cwd=CHECKOUT,
            env=os.environ | its_environ | {"FLASK_APP": "app.py"} | given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return call
