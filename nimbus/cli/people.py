"""`flask create-user` and `flask setup-code`: letting people in."""

import sys
from getpass import getpass
from zoneinfo import available_timezones

import click
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.models import Role
from nimbus.security.passwords import why_refused
from nimbus.services.set_up import add_to_workspace, create_user, is_known, new_setup_code


@click.command("create-user")
@click.option(
    "--workspace", required=True, help="The workspace's name; it is made if there is none of that name."
)
@click.option("--email", required=True)
@click.option("--name", help="Of a new person; not asked of somebody who can sign in already.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="Without it, the first person of a workspace owns it and the next ones are operators.",
)
@click.option(
    "--timezone", default="UTC", show_default=True, type=click.Choice(sorted(available_timezones()))
)
@with_appcontext
def create_user_command(
    *, workspace: str, email: str, name: str | None, role: str | None, timezone: str
) -> None:
    """Add a person to a workspace. A new one's password is read from standard input."""
    if "@" not in email:
        raise click.ClickException("The email is not an address.")
    where = {"workspace": workspace, "email": email, "timezone": timezone}
    as_what = Role(role) if role else None
    try:
        if is_known(email):
            add_to_workspace(**where, role=as_what)
        else:
            name, password = _ask_who(name, email, workspace)
            create_user(**where, name=name, password=password, role=as_what)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{email} can sign in to {workspace}.")


def _ask_who(name: str | None, email: str, workspace: str) -> tuple[str, str]:
    if not name:
        raise click.ClickException("A new person needs a --name.")
    password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if refusal := why_refused(password, own=(email, name, workspace)):
        raise click.ClickException(refusal)
    return name, password


@click.command("setup-code")
@with_appcontext
def setup_code_command() -> None:
    """Print a fresh one-time code for /setup."""
    try:
        code = new_setup_code()
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    if code is None:
        raise click.ClickException("Somebody can sign in already. Use: flask create-user")
    click.echo(code)


COMMANDS = (create_user_command, setup_code_command)
