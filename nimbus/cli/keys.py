"""`flask rotate-keys`: new keys, now and in this very process, whether or not a worker runs."""

import click
from flask.cli import with_appcontext

from nimbus.cli.instance import retire_instance, rotate_instance
from nimbus.errors import NimbusError
from nimbus.services.rotate_keys import rotate_now


@click.command("rotate-keys")
@click.option("--workspace", metavar="NAME", help="Only the workspace of this name; without it, every one.")
@click.option(
    "--instance", is_flag=True, help="Replace the instance key, which wraps those of the workspaces."
)
@click.option(
    "--retire", is_flag=True, help="With --instance: destroy the replaced ones that are not in use."
)
@click.option("--yes", is_flag=True, help="With --retire: do not ask.")
@with_appcontext
def rotate_keys_command(workspace: str | None, *, instance: bool, retire: bool, yes: bool) -> None:
    """Give workspaces a new key and seal every stored password with it."""
    if (retire and not instance) or (yes and not retire) or (instance and workspace):
        raise click.UsageError("Use --workspace NAME, --instance, or --instance --retire [--yes].")
    if instance:
        retire_instance(sure=yes) if retire else rotate_instance()
        return
    try:
        outcomes = rotate_now(workspace)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    for outcome in outcomes:
        click.echo(outcome.sentence)
    if not all(outcome.is_finished for outcome in outcomes):
        raise SystemExit(1)


COMMANDS = (rotate_keys_command,)
