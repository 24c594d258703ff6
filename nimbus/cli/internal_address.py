"""`flask name-internal-address`: which inbox answers the messages of connection tests."""

import click
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.services.internal_address import name_internal
from nimbus.services.workspace_settings import workspace_called


@click.command("name-internal-address")
@click.option("--workspace", required=True, help="The name of the workspace that the inbox is connected in.")
@click.argument("email", metavar="EMAIL|none")
@with_appcontext
def name_internal_address_command(workspace: str, email: str) -> None:
    """Let a connected inbox answer test messages; with none each test message goes to the mailbox itself."""
    named = None if email.lower() == "none" else email.lower()
    try:
        name_internal(workspace_called(db.session(), workspace), named)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"{named} answers." if named else "Test messages go to the mailbox itself.")


COMMANDS = (name_internal_address_command,)
