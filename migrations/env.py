"""Runs the migrations on the application's own database connection."""

from alembic import context
from flask import current_app

from nimbus.extensions import db
from nimbus.models.base import Base


def compare_nothing_but_ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """The table of Alembic itself is not part of the models."""
    return not (kind == "table" and name == "alembic_version")


def run() -> None:
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=compare_nothing_but_ours,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
