"""`flask create-user` and `flask setup-code`: letting people in."""

import sys
from getpass import getpass
from zoneinfo import available_timezones

import click
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.security.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from nimbus.services.set_up import create_user, new_setup_code


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


COMMANDS = (create_user_command, setup_code_command)
