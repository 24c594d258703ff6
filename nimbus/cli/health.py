"""`flask config` and `flask doctor`: what is set, and whether everything runs."""

import json

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from nimbus import database, logs
from nimbus.clock import SystemClock
from nimbus.errors import SettingsError
from nimbus.extensions import db
from nimbus.security.instance_keys import KeyRing
from nimbus.services.doctor import examine, examine_without
from nimbus.settings import Settings, current_settings, describe, load_settings

_REFUSED = "nimbus.refused_settings"


@click.command("config")
@with_appcontext
def config_command() -> None:
    """Print every setting with its source, without secrets."""
    for name, value, source in describe(current_settings()):
        click.echo(f"{name}={value}  ({source})")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@with_appcontext
def doctor_command(*, as_json: bool) -> None:
    """Look at everything that must run. Exits with 0 when all is well, 1 on a warning, 2 when something fails."""
    refused = current_app.extensions.get(_REFUSED)
    diagnosis = examine_without(refused) if refused else examine()
    click.echo(json.dumps(diagnosis.as_dict(), indent=2) if as_json else diagnosis.as_text())
    raise SystemExit(diagnosis.exit_code)


def doctors_app() -> Flask:
    """The least application that `flask doctor` needs: it must answer where the whole one cannot start."""
    app = Flask("nimbus")
    app.cli.add_command(doctor_command)
    try:
        settings = load_settings()
    except SettingsError as problem:
        app.extensions[_REFUSED] = problem
        return app
    logs.configure(settings.log_level)
    _give_what_checks_ask_for(app, settings)
    return app


def _give_what_checks_ask_for(app: Flask, settings: Settings) -> None:
    app.extensions["nimbus.settings"] = settings
    app.extensions["nimbus.clock"] = SystemClock()
    app.extensions["nimbus.key_ring"] = KeyRing(settings.key_file)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = database.engine_options(settings.database_url)
    db.init_app(app)


COMMANDS = (config_command, doctor_command)
