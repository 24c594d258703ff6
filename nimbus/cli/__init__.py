"""What an operator types: `flask …`, a module a subject."""

from flask import Flask

from nimbus.cli import backup, health, instance, internal_address, keys, limits, migrations, people, sandbox

_MODULES = (backup, health, instance, internal_address, keys, limits, migrations, people, sandbox)
NAMES = frozenset(command.name for module in _MODULES for command in module.COMMANDS)


def init_app(app: Flask) -> None:
    """Make every command known to `flask`."""
    for module in _MODULES:
        for command in module.COMMANDS:
            app.cli.add_command(command)
