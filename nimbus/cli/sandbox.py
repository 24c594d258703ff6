"""`flask sandbox`: the practice world alone, for a product that somebody starts beside it."""

import click
from flask import Flask

from nimbus.settings import load_settings

NEEDED = ("aiosmtpd", "pymap", "proxyprotocol", "pysasl")


@click.command("sandbox")
@click.option(
    "--base-url", help="Where the product answers that will live in it; by default what the settings say."
)
def sandbox_command(*, base_url: str | None) -> None:
    """Run the practice world until Ctrl-C, and print the settings that a product needs to live in it."""
    try:
        from nimbus.sandbox.serve import serve
    except ModuleNotFoundError as missing:
        if missing.name not in NEEDED:
            raise
        raise click.ClickException(
            "The practice world needs a few more packages: .venv/bin/pip install -r requirements-demo.txt"
        ) from None
    serve(base_url or load_settings().base_url)


def sandbox_app() -> Flask:
    """The least application that `flask sandbox` needs: it has no database and no keys."""
    app = Flask("nimbus")
    app.cli.add_command(sandbox_command)
    return app


COMMANDS = (sandbox_command,)
