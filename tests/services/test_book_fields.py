"""Which merge fields a campaign may use is read from the ends of a book, and from all of it for an unusual name."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AddressBook, BookContact, Campaign, Contact
from nimbus.models.base import table_of
from nimbus.services.book_fields import known_fields
from tests.services.campaigning import change, make_campaign

COUNT = 503


@pytest.fixture
def campaign(acme):
    """A campaign whose book's first and last contacts have a company; the one in the middle has a nickname."""
    moment, mine = now(), {"workspace_id": acme}
    with transaction() as session:
        book = AddressBook(**mine, name="Founders", created_at=moment)
        session.add(book)
        session.flush()
        people = [
            mine
            | {
                "email": f"p{number}@beta.test",
                "first_name": "",
                "last_name": "",
                "created_at": moment,
                "changed_at": moment,
                "fields": {"nickname": "Bo"} if number == COUNT // 2 else {"company": "Acme"},
            }
            for number in range(COUNT)
        ]
        session.execute(sa.insert(table_of(Contact)), people)
        everybody = sa.select(sa.literal(acme), sa.literal(book.id), Contact.id)
        names = ["workspace_id", "book_id", "contact_id"]
        session.execute(sa.insert(table_of(BookContact)).from_select(names, everybody))
        book_id = book.id
    campaign_id = make_campaign(acme, [], 0)
    change(Campaign, book_id=book_id)
    return db.session.get_one(Campaign, campaign_id)


def test_fields_of_the_ends_of_a_book_are_offered(campaign):
    assert known_fields(db.session(), campaign) == {"email", "first_name", "last_name", "company"}


def test_a_field_that_one_contact_in_the_middle_holds_is_known_where_it_is_used(campaign):
    assert "nickname" in known_fields(db.session(), campaign, {"nickname", "company"})
    assert "nikname" not in known_fields(db.session(), campaign, {"nikname"})
