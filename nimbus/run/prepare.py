"""What must be there before the first process starts: keys, tables, and the set-up code of a new database."""

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from nimbus import create_app
from nimbus.database import SchemaBehind, check_schema, make_tables, quick_write, read_only_reason
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.security.instance_keys import ensure_instance_key
from nimbus.services.instance_keys import finish_rotation
from nimbus.services.instance_state import adopt_key, refuse_old_schema
from nimbus.services.set_up import new_setup_code
from nimbus.settings import Settings, ensure_secret_key


def prepare(settings: Settings) -> tuple[str | None, str | None]:
    """Keys, and tables at the head of the migrations; harmless when all is there.

    Returns the set-up code of a database that nobody can sign in to yet, and why the product only reads, if it does.
    Where the key file does not fit the database, nothing is made and nothing is changed. NimbusError when the
    database is away, or behind this version and not to be migrated with this key file.
    """
    try:
        app = create_app(ensure_secret_key(settings), check_schema=False, pages=False)
        with app.app_context():
            if problem := read_only_reason():
                refuse_old_schema()
                return None, problem
            ensure_instance_key(settings.key_file)
            migrate()
            adopt_key()
            finish_rotation()
            code = new_setup_code()
            db.engine.dispose()
    except OperationalError as error:
        raise NimbusError(f"The database cannot be used: {error.orig}") from None
    return code, None


def migrate() -> None:
    """Bring the database to the head of the migrations, without loading Alembic where it is empty or stands there."""
    try:
        check_schema()
    except SchemaBehind:
        if not _filled_with_tables():
            from flask_migrate import upgrade

            upgrade()


def _filled_with_tables() -> bool:
    """Whether there was no table yet, and now all are there."""
    with quick_write(db.engine) as connection:
        if is_empty := not sa.inspect(connection).get_table_names():
            make_tables(connection)
    return is_empty
