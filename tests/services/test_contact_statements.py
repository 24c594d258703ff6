"""What it costs SQLite to write a batch of contacts does not grow with those that are there; it plans joins without their sizes."""

import pytest
from sqlalchemy import select

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AddressBook, ContactTag
from nimbus.rules.contact_import import Duplicates
from nimbus.rules.contact_values import NewContact
from nimbus.services.put_contacts import put_contacts


@pytest.fixture
def database_url():
    return None


@pytest.fixture
def book(acme):
    with transaction() as session:
        made = AddressBook(workspace_id=acme, name="Buyers", created_at=now())
        session.add(made)
    return made.id


def steps_of_a_batch(acme, book, numbers):
    """How many thousands of its steps the database takes to write contacts with tags of their own and tags for all."""
    contacts = [NewContact(f"p{number}@example.com", "P", "", {}, ("own",)) for number in numbers]
    steps = []
    with transaction() as session:
        driver = session.connection().connection.dbapi_connection
        driver.set_progress_handler(lambda: steps.append(1), 1000)
        put_contacts(session, acme, book, contacts, duplicates=Duplicates.UPDATE, tags=["fair"], moment=now())
        driver.set_progress_handler(None, 0)
    return len(steps)


def test_a_batch_costs_the_same_however_many_contacts_there_are(acme, book):
    alone = steps_of_a_batch(acme, book, range(300))
    steps_of_a_batch(acme, book, range(300, 3000))

    assert steps_of_a_batch(acme, book, range(3000, 3300)) <= 1.5 * alone
    assert len(db.session.execute(select(ContactTag)).all()) == 2 * 3300
