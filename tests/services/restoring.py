"""An installation for a backup to be brought back in, and looking at what a backup holds."""

import json
from contextlib import contextmanager

import sqlalchemy as sa

from nimbus import create_app
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, MailServer
from nimbus.security.workspace_keys import vault_of
from nimbus.services.backup_file import opened_backup_file
from tests.factories import PASSWORD


class Installation:
    """Settings of a place, and an application there whenever one is needed."""

    def __init__(self, settings):
        self.settings = settings
        self.file = settings.data_dir / "nimbus.sqlite3"

    @contextmanager
    def started(self):
        """As `make run` and its commands see the place: the database must be complete and at the head."""
        with self._context(create_app(self.settings, pages=False)):
            yield

    @contextmanager
    def bare(self):
        """As `flask restore` sees it."""
        with self._context(create_app(self.settings, check_schema=False, check_key=False, pages=False)):
            yield

    @contextmanager
    def _context(self, app):
        with app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()


def drop_tables():
    """Leave nothing in the database at hand."""
    tables = sa.MetaData()
    tables.reflect(db.engine)
    tables.drop_all(db.engine)
    db.engine.dispose()


def opened_passwords():
    """Every stored mailbox password of the database at hand, opened."""
    with transaction() as session:
        servers = session.scalars(sa.select(MailServer)).all()
        return {
            vault_of(session, server.workspace_id).open(
                server.sealed_password, owner=server.vault_owner, field="password"
            )
            for server in servers
        }


def assert_whole(emails=("ava@acme.test",)):
    """The accounts are there, and their passwords open."""
    assert sorted(db.session.scalars(sa.select(EmailAccountHealth.email))) == sorted(emails)
    assert opened_passwords() == {PASSWORD}


def content_of(path, passphrase=None):
    """What a backup holds, unpacked."""
    with opened_backup_file(path, passphrase) as stream:
        return stream.read()


def table_in(content, name):
    """The rows of a table in a backup, as mappings."""
    rows, columns = [], None
    for line in content.splitlines()[1:]:
        item = json.loads(line)
        if isinstance(item, dict):
            columns = item["columns"] if item["table"] == name else None
        elif columns:
            rows.append(dict(zip(columns, item, strict=True)))
    return rows
