"""What an operator types: `flask create-user`, `flask config`, `flask doctor`."""

import sys
from getpass import getpass
from zoneinfo import available_timezones

import click
from flask import Flask
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.security.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from nimbus.services.checklist import run_checks
from nimbus.services.set_up import create_user, new_setup_code
from nimbus.settings import current_settings, describe


def init_app(app: Flask) -> None:
    for command in (create_user_command, config_command, doctor_command, setup_code_command):
        app.cli.add_command(command)


@click.command("create-user")
@click.option(
    "--workspace", required=True, help="The workspace's name; it is made if there is none of that name."
)
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option(
    "--timezone", default="UTC", show_default=True, type=click.Choice(sorted(available_timezones()))
)
@with_appcontext
def create_user_command(workspace: str, email: str, name: str, timezone: str) -> None:
    """Add a person. The password is read from standard input."""
    password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise click.ClickException(f"The password needs {MINIMUM_LENGTH} to {MAXIMUM_LENGTH:,} characters.")
    if "@" not in email:
        raise click.ClickException("The email is not an address.")
    try:
        create_user(workspace=workspace, name=name, email=email, password=password, timezone=timezone)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{email} can sign in to {workspace}.")


@click.command("setup-code")
@with_appcontext
def setup_code_command() -> None:
    """Print a fresh one-time code for /setup."""
    code = new_setup_code()
    if code is None:
        raise click.ClickException("Somebody can sign in already. Use: flask create-user")
    click.echo(code)


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
