"""The names that merge fields may have: those of the fields that the contacts of a campaign's book hold."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import dialect_of
from nimbus.models import BookContact, Campaign, Contact
from nimbus.models.base import table_of
from nimbus.rules.csv_columns import EMAIL, FIRST_NAME, LAST_NAME

_LOOKED_AT = 250  # contacts at either end of a book; the columns of a file are the same all through
_CONTACT, _IN_BOOK = table_of(Contact), table_of(BookContact)


def known_fields(session: Session, campaign: Campaign, used: Collection[str] = ()) -> set[str]:
    """The names that the first and the last contacts of a book hold, and whichever of `used` any contact holds.

    A book of 200,000 is read whole only for a name that those at its ends do not hold.
    """
    ends = (_IN_BOOK.c.contact_id, _IN_BOOK.c.contact_id.desc())
    found = {EMAIL, FIRST_NAME, LAST_NAME}.union(*(_held(session, campaign, order) for order in ends))
    return found if found.issuperset(used) else found | _all(session, campaign)


def _held(session: Session, campaign: Campaign, order: sa.ColumnElement[int]) -> set[str]:
    some = sa.select(_IN_BOOK.c.contact_id).where(*_of_book(campaign)).order_by(order).limit(_LOOKED_AT)
    fields = session.scalars(sa.select(_CONTACT.c.fields).where(_CONTACT.c.id.in_(some)))
    return set().union(*fields)


def _all(session: Session, campaign: Campaign) -> set[str]:
    fields = _CONTACT.c.fields
    names = sa.func.json_each(fields) if dialect_of(session) == "sqlite" else sa.func.json_each_text(fields)
    each = names.table_valued("key", "value", name="field")
    holds = _CONTACT.join(_IN_BOOK, _IN_BOOK.c.contact_id == _CONTACT.c.id).join(each, sa.true())
    return set(
        session.scalars(sa.select(each.c.key).select_from(holds).where(*_of_book(campaign)).distinct())
    )


def _of_book(campaign: Campaign) -> tuple[sa.ColumnElement[bool], ...]:
    return _IN_BOOK.c.workspace_id == campaign.workspace_id, _IN_BOOK.c.book_id == campaign.book_id
