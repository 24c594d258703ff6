"""`flask set-limit`: how many inboxes a workspace may have."""

import click
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.services.workspace_settings import set_account_limit, workspace_called


def _number_or_none(_context: click.Context, _parameter: click.Parameter, text: str) -> int | None:
    if text.lower() == "none":
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise click.BadParameter("Enter a whole number, or none.")


@click.command("set-limit")
@click.option("--workspace", required=True, help="The workspace's name.")
@click.argument("limit", metavar="N|none", callback=_number_or_none)
@with_appcontext
def set_limit_command(workspace: str, limit: int | None) -> None:
    """Refuse more than N inboxes in a workspace; none lifts the limit. Inboxes beyond it stay."""
    try:
        room = set_account_limit(workspace_called(db.session(), workspace), limit, asker=None)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(
        f"{workspace}: connected {room.connected:,}, limit {'none' if limit is None else f'{limit:,}'}."
    )


COMMANDS = (set_limit_command,)
