"""`flask config` and `flask doctor`: what is set, and whether everything runs."""

import click
from flask.cli import with_appcontext

from nimbus.services.checklist import run_checks
from nimbus.settings import current_settings, describe


@click.command("config")
@with_appcontext
def config_command() -> None:
    """Print every setting with its source, without secrets."""
    for name, value, source in describe(current_settings()):
        click.echo(f"{name}={value}  ({source})")


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Check what must run; exits with 1 when something does not."""
    checks = [check for check in run_checks(accounts=0) if check.key != "inbox"]
    click.echo("ok    Settings, key file and database: read at start.")
    for check in checks:
        hint = f" Start it with: {check.command}" if check.command else ""
        click.echo(f"{check.state:5} {check.title}: {check.sentence}{hint}")
    if any(check.state == "fail" for check in checks):
        raise SystemExit(1)


COMMANDS = (config_command, doctor_command)
