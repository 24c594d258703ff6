"""`flask backup` and `flask restore`: the database in one file, without the key that opens its secrets."""

import sys
from datetime import datetime
from getpass import getpass
from pathlib import Path

import click
from flask.cli import with_appcontext

from nimbus.errors import NimbusError
from nimbus.services.backup import key_file_of, make_backup
from nimbus.services.backup_file import is_encrypted
from nimbus.services.restore import restore
from nimbus.settings import current_settings

_FILE = click.Path(dir_okay=False, path_type=Path)
_PASSPHRASE_FILE = click.option(
    "--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its first line."
)


@click.command("backup")
@click.argument("file", type=_FILE)
@click.option(
    "--passphrase",
    "wanted",
    is_flag=True,
    help="Encrypt it. The passphrase is asked for, or read from standard input.",
)
@_PASSPHRASE_FILE
@with_appcontext
def backup_command(file: Path, passphrase_file: Path | None, *, wanted: bool) -> None:
    """Write the whole database to a new FILE while NimbusOS runs."""
    passphrase = _passphrase(passphrase_file, twice=True) if wanted or passphrase_file else None
    try:
        made = make_backup(file, passphrase=passphrase)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    sealed = "encrypted under the passphrase" if passphrase else "not encrypted"
    click.echo(f"{file}: {_workspaces(made.workspaces)} as of {_when(made.made_at)}, {sealed}.")
    click.echo(
        "The instance key is not in it, and without it nobody can read the stored passwords, you included."
    )
    for key_id in made.instance_keys:
        where = key_file_of(key_id, current_settings().key_file) or "a file that is not on this machine"
        click.echo(f"This backup needs the key {key_id}: {where}")
    click.echo("Keep a copy of the key file, and keep it apart from the backup.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Also where a SQLite database holds data; that one is kept beside."
)
@_PASSPHRASE_FILE
@with_appcontext
def restore_command(file: Path, passphrase_file: Path | None, *, replace: bool) -> None:
    """Bring the backup FILE back. The passphrase of an encrypted one is asked for, or read from standard input."""
    try:
        passphrase = _passphrase(passphrase_file) if is_encrypted(file) else None
        done = restore(file, passphrase=passphrase, replace=replace)
    except NimbusError as problem:
        raise click.ClickException(str(problem)) from None
    manifest = done.manifest
    click.echo(
        f"Restored {_workspaces(manifest.workspaces)}, {done.rows:,} rows, as of {_when(manifest.made_at)}."
    )
    if done.kept:
        click.echo(f"The database that was here is kept as {done.kept}")
    click.echo(
        "Next:\n"
        "  1. If the installation that made the backup still runs somewhere, stop it.\n"
        "  2. Start NimbusOS: make run\n"
        "  3. Sign in. Everybody was signed out, and open invitations were withdrawn.\n"
        "  4. Nothing is sent from here until you confirm that this is the live installation:\n"
        "     on any page as its owner, or with: flask confirm-live"
    )


def _passphrase(file: Path | None, *, twice: bool = False) -> str:
    if file:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    passphrase = getpass("Passphrase: ")
    if twice and getpass("Once more: ") != passphrase:
        raise click.ClickException("The two passphrases differ.")
    return passphrase


def _workspaces(count: int) -> str:
    return "1 workspace" if count == 1 else f"{count:,} workspaces"


def _when(made_at: str) -> str:
    return f"{datetime.fromisoformat(made_at):%Y-%m-%d %H:%M:%S} UTC"


COMMANDS = (backup_command, restore_command)
