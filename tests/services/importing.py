"""Importing a file without its pages, and looking at what came of it."""

import io

import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import Contact, ContactImport
from nimbus.rules.contact_import import Duplicates
from nimbus.services.import_contacts import run
from nimbus.services.upload_contacts import begin_import, receive_file

FILE = b"Email,First name,Company,Tags\nada@example.com,Ada,Acme,vip;paris\nbo@example.com,Bo,,\n"


def receiving(asker):
    """What keeps a file for the book “Buyers”, and gives the import's id."""

    def keep(data=FILE, name="list.csv", **options):
        return receive_file(
            asker, io.BytesIO(data), name, **({"book_id": None, "new_book": "Buyers"} | options)
        )

    return keep


def bringing_in(asker):
    """What imports a file, whole, and gives the row of its import as it is then."""

    def bring(data=FILE, *, duplicates=Duplicates.UPDATE, tags="", columns=None):
        import_id = receiving(asker)(data)
        begin(asker, import_id, columns or look(import_id).columns, duplicates=duplicates, tags=tags)
        run(asker.workspace_id, import_id)
        return look(import_id)

    return bring


def begin(asker, import_id, columns, *, duplicates=Duplicates.UPDATE, tags=""):
    """Settle the columns and ask for a worker."""
    begin_import(asker, import_id, columns=columns, duplicates=duplicates, tags=tags)


def look(import_id):
    db.session.rollback()
    return db.session.get_one(ContactImport, import_id, populate_existing=True)


def counts(found):
    return found.added, found.updated, found.skipped, found.unread


def people():
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(Contact).order_by(Contact.email).execution_options(populate_existing=True)
    )
    return [(row.email, row.first_name, row.fields) for row in rows]


def count(table):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))
