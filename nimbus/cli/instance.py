"""`flask confirm-live`, and the part of `flask rotate-keys` that is about the instance key."""

import click
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.security.instance_keys import key_ring, retired_paths
from nimbus.services.instance_keys import destroy_retired, retired_files, rotate_instance_key
from nimbus.services.live_place import confirm_here, here


@click.command("confirm-live")
@with_appcontext
def confirm_live_command() -> None:
    """Say that this installation is the live one: a copy sends nothing until then."""
    try:
        confirm_here()
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    host, directory = here()
    click.echo(f"Confirmed: NimbusOS on {host}, in {directory}, is live and may send.")


def rotate_instance() -> None:
    """Replace the instance key and say where both are."""
    try:
        key_id = rotate_instance_key()
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    path = key_ring().path
    click.echo(f"The instance key is now {key_id}, in {path}. Back it up, apart from the data.")
    click.echo(
        "Running processes have it already. Other machines on this database need a copy of the file now."
    )
    click.echo("Older backups of the database need the key from before, which is kept:")
    for each in retired_paths(path):
        click.echo(f"  {each}")
    click.echo("To destroy it once no such backup is wanted any more: flask rotate-keys --instance --retire")


def retire_instance(*, sure: bool) -> None:
    """Destroy the instance keys that nothing in the database is wrapped with, after saying what that ends."""
    try:
        files = retired_files()
        if not files:
            click.echo("No instance key is retired and unused.")
            return
        click.echo("Backups made while one of these was in use can never be opened again without it:")
        for each in files:
            click.echo(f"  {each}")
        if not sure:
            click.confirm("Destroy them?", abort=True)
        for each in destroy_retired():
            click.echo(f"Destroyed {each.name}.")
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None


COMMANDS = (confirm_live_command,)
