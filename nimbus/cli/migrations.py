"""`flask db …`: Flask-Migrate's commands, loaded when one is typed."""

import click


@click.command("db", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def db_command(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Perform database migrations."""
    from flask_migrate.cli import db  # type: ignore[import-not-found]  # not in its stubs

    db.main(list(arguments), prog_name=context.command_path, obj=context.obj)


COMMANDS = (db_command,)
